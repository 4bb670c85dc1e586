import type { Ciphertext, Plaintext, Evaluator as SealEvaluator } from 'node-seal/allows';
import type { ShoalError } from '../../errors/shoal-error.ts';
import { at, defined, lookUp } from '../../lookup.ts';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { RunIndex, ValueId } from '../../plan/index-space.ts';
import type { IntegerOp, IntegerPlan } from '../../plan/plan.ts';
import { replicate } from '../../plan/slot-maps.ts';
import { integerProperties } from '../../schemes/integers/value-properties.ts';
import type { IntegerContext } from './integer-context.ts';
import type { KeyCache } from './key-cache.ts';
import { sealError } from './load-seal.ts';
import type { SchemeEvaluator, SchemeOp, SchemeRun } from './scheme-evaluator.ts';
import { scoped } from './scope.ts';

/**
 * The part of an evaluator for BFV and BGV. Clear values are encoded for each use, which takes a
 * small fraction of the operation's time. The same polynomial serves at every level.
 */
export class IntegerEvaluator implements SchemeEvaluator, SchemeRun {
  readonly levels: Int32Array;
  readonly #context: IntegerContext;
  readonly #keys: KeyCache;
  readonly #seal: SealEvaluator;

  /** @throws ShoalError if the plan has more levels than its parameters */
  constructor(context: IntegerContext, keys: KeyCache, plan: IntegerPlan, seal: SealEvaluator) {
    const { levels, topLevel } = integerProperties(plan);
    if (topLevel > context.topLevel) {
      throw sealError('the plan has more levels than its parameters');
    }
    this.levels = levels;
    this.#context = context;
    this.#keys = keys;
    this.#seal = seal;
  }

  start(): SchemeRun {
    return this;
  }

  /** Does nothing: no object is kept between operations. */
  delete(): void {}

  withPlain(_: unknown, value: ClearValue, use: (plain: Plaintext) => void): void {
    this.#withPlaintext((plain) => {
      this.#context.encode(this.#allSlots(value), 0, plain);
      use(plain);
    });
  }

  apply(
    op: SchemeOp,
    index: RunIndex,
    operands: readonly (Ciphertext | undefined)[],
    clears: ReadonlyMap<ValueId, ClearValue>,
    to: Ciphertext,
  ): void {
    const [a] = operands;
    switch (op.op) {
      case 'rotate': {
        const { evaluator, key } = this.#keys.rotation(op.steps, index);
        evaluator.rotateRows(defined(a), op.steps, key, to);
        break;
      }
      case 'modSwitch':
        this.#seal.cipherModSwitchTo(defined(a), at(this.#context.parmsIds, op.level), to);
        break;
      case 'gather':
        this.#gather(operands, (i) => lookUp(clears, at(op.args, i)), to);
        break;
      default:
        throw notForIntegers(op);
    }
  }

  #allSlots(value: ClearValue): Float64Array {
    const { slotCount } = this.#context;
    return typeof value === 'number' ? Float64Array.of(value) : replicate(value, slotCount);
  }

  /** Computes Σ Xⁱ·aᵢ, which makes the constant coefficient of operand i coefficient i. */
  #gather(
    operands: readonly (Ciphertext | undefined)[],
    clearAt: (index: number) => ClearValue,
    to: Ciphertext,
  ): void {
    const inClear = new BigUint64Array(operands.length);
    scoped((scope) => {
      const sum = scope.own(new this.#context.seal.Ciphertext());
      const term = scope.own(new this.#context.seal.Ciphertext());
      let terms = 0;
      operands.forEach((cipher, i) => {
        if (!cipher) inClear[i] = BigInt(firstSlot(clearAt(i)));
        else {
          this.#shift(cipher, i, terms === 0 ? sum : term);
          if (terms++ > 0) this.#seal.addInplace(sum, term);
        }
      });
      this.#withPlaintext((plain) => {
        this.#context.write(inClear, plain);
        this.#seal.addPlain(sum, plain, to);
      });
    });
  }

  #shift(cipher: Ciphertext, by: number, to: Ciphertext): void {
    if (by === 0) {
      to.assign(cipher);
      return;
    }
    const monomial = new BigUint64Array(by + 1);
    monomial[by] = 1n;
    this.#withPlaintext((plain) => {
      this.#context.write(monomial, plain);
      this.#seal.multiplyPlain(cipher, plain, to);
    });
  }

  #withPlaintext(use: (plain: Plaintext) => void): void {
    scoped((scope) => use(scope.own(new this.#context.seal.Plaintext())));
  }
}

function firstSlot(value: ClearValue): number {
  return typeof value === 'number' ? value : at(value, 0);
}

function notForIntegers({ op }: Exclude<SchemeOp, IntegerOp>): ShoalError {
  return sealError(`internal error: BFV and BGV have no operation ${op}`);
}
