import type { Ciphertext, Plaintext, Evaluator as SealEvaluator } from 'node-seal/allows';
import type { ShoalError } from '../../errors/shoal-error.ts';
import { defined, lookUp } from '../../lookup.ts';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { RunIndex, ValueId } from '../../plan/index-space.ts';
import type { CkksOp, CkksPlan } from '../../plan/plan.ts';
import type { Share } from '../../plan/worker-shares.ts';
import { encodingOf } from '../../schemes/ckks/encodings.ts';
import { type CipherProperties, cipherProperties } from '../../schemes/ckks/scales.ts';
import type { CkksContext } from './ckks-context.ts';
import type { KeyCache } from './key-cache.ts';
import { sealError } from './load-seal.ts';
import { Plaintexts } from './plaintexts.ts';
import type { ScaledOp, SchemeEvaluator, SchemeOp, SchemeRun } from './scheme-evaluator.ts';
import { UniformEncoder } from './uniform-encoder.ts';

/** Limit on the relative difference between SEAL's scale and the canonical one: only roundings. */
const SCALE_TOLERANCE = 1e-12;

/** The part of an evaluator for CKKS: encodings at the scales of levels, and rescaling. */
export class CkksEvaluator implements SchemeEvaluator {
  readonly levels: Int32Array;
  readonly #context: CkksContext;
  readonly #keys: KeyCache;
  /** The operations of the share, in order. */
  readonly #ops: readonly CkksOp[];
  readonly #seal: SealEvaluator;
  readonly #properties: CipherProperties;
  readonly #uniform: UniformEncoder;

  /** @throws ShoalError if the plan has more levels than its parameters */
  constructor(
    context: CkksContext,
    keys: KeyCache,
    plan: CkksPlan,
    share: Share,
    seal: SealEvaluator,
  ) {
    this.#context = context;
    this.#keys = keys;
    this.#ops = share.ops.map((at) => defined(plan.ops[at]));
    this.#seal = seal;
    this.#properties = cipherProperties(plan);
    this.levels = this.#properties.levels;
    if (this.#properties.topLevel > context.topLevel) {
      throw sealError('the plan has more levels than its parameters');
    }
    this.#uniform = new UniformEncoder(context);
  }

  start(): SchemeRun {
    const plaintexts = new Plaintexts(this.#context, this.#uniform, this.#ops, this.#properties);
    return {
      withPlain: (op, value, use) =>
        plaintexts.with(defined(encodingOf(op, this.#properties)), value, use),
      apply: (op, index, [a], clears, to) =>
        this.#apply({ plaintexts, clears }, op, index, defined(a), to),
      delete: () => plaintexts.delete(),
    };
  }

  #apply(run: Run, op: SchemeOp, index: RunIndex, a: Ciphertext, to: Ciphertext): void {
    switch (op.op) {
      case 'mulPlain':
      case 'adjust':
        this.#multiply(run, a, op, to);
        break;
      case 'rescale':
        this.#rescale(a, op.level, to);
        break;
      case 'lower':
        this.#multiply(run, a, op, to);
        this.#rescale(to, op.level, to);
        break;
      case 'rotate': {
        const { evaluator, key } = this.#keys.rotation(op.steps, index);
        evaluator.rotateVector(a, op.steps, key, to);
        break;
      }
      default:
        throw notForCkks(op);
    }
  }

  #rescale(a: Ciphertext, level: number, to: Ciphertext): void {
    this.#seal.rescaleToNext(a, to);
    this.#setScale(to, defined(this.#context.params.scales[level]));
  }

  #setScale(to: Ciphertext, scale: number): void {
    const difference = Math.abs(to.scale() / scale - 1);
    if (!(difference < SCALE_TOLERANCE)) {
      throw sealError(`internal error: scale is off by a factor of 1 ± ${difference}`);
    }
    to.setScale(scale);
  }

  /**
   * Multiplies by a clear value or 1 so that the result has the scale of a product at its level
   * ("Approximate Homomorphic Encryption with Reduced Approximation Error", Kim et al.).
   */
  #multiply({ plaintexts, clears }: Run, a: Ciphertext, op: FactorOp, to: Ciphertext): void {
    const encoding = defined(encodingOf(op, this.#properties));
    const { level, value } = encoding;
    const source = this.#switchDown(a, defined(this.#properties.levels[op.args[0]]), level, to);
    plaintexts.with(encoding, value === undefined ? 1 : lookUp(clears, value), (factor) =>
      this.#multiplyExactly(source, factor, level, to),
    );
  }

  /** Drops the primes above `level`. Returns the ciphertext itself, or `to` if there were any. */
  #switchDown(a: Ciphertext, from: number, level: number, to: Ciphertext): Ciphertext {
    if (from === level) return a;
    this.#seal.cipherModSwitchTo(a, defined(this.#context.parmsIds[level]), to);
    return to;
  }

  /** Multiplies and sets the exact scale of a product at `level`: SEAL's scale has a rounding. */
  #multiplyExactly(a: Ciphertext, factor: Plaintext, level: number, to: Ciphertext): void {
    this.#seal.multiplyPlain(a, factor, to);
    this.#setScale(to, defined(this.#context.params.scales[level]) ** 2);
  }
}

type FactorOp = ScaledOp | Extract<SchemeOp, { op: 'adjust' | 'lower' }>;

/** The state of a run. */
interface Run {
  readonly plaintexts: Plaintexts;
  readonly clears: ReadonlyMap<ValueId, ClearValue>;
}

function notForCkks({ op }: Exclude<SchemeOp, CkksOp>): ShoalError {
  return sealError(`internal error: CKKS has no operation ${op}`);
}
