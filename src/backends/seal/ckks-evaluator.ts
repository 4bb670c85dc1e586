import type { Ciphertext, Plaintext, Evaluator as SealEvaluator } from 'node-seal/allows';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { CkksPlan } from '../../plan/plan.ts';
import { type CipherForms, cipherForms } from '../../schemes/ckks/scales.ts';
import type { CkksContext } from './context.ts';
import { type EvaluationKeys, galoisKeysOf } from './keys.ts';
import { Plaintexts } from './plaintexts.ts';
import { SealError } from './runtime.ts';
import type { PlainOp, SchemeEvaluator, SchemeOp, SchemeRun } from './scheme.ts';
import { UniformEncoder } from './uniform.ts';

/** SEAL's own result may differ from the canonical scale by roundings, and by nothing else. */
const scaleTolerance = 1e-12;

/** Real numbers: encodings at the scales of levels, rescaling. */
export class CkksEvaluator implements SchemeEvaluator {
  readonly levels: Int32Array;
  readonly #context: CkksContext;
  readonly #keys: EvaluationKeys;
  readonly #plan: CkksPlan;
  readonly #seal: SealEvaluator;
  readonly #forms: CipherForms;
  readonly #uniform: UniformEncoder;

  /** @throws SealError if the plan has more levels than its parameters */
  constructor(context: CkksContext, keys: EvaluationKeys, plan: CkksPlan, seal: SealEvaluator) {
    this.#context = context;
    this.#keys = keys;
    this.#plan = plan;
    this.#seal = seal;
    this.#forms = cipherForms(plan);
    this.levels = this.#forms.levels;
    if (this.#forms.topLevel > context.topLevel) {
      throw new SealError('the plan has more levels than its parameters');
    }
    this.#uniform = new UniformEncoder(context);
  }

  start(): SchemeRun {
    const plaintexts = new Plaintexts(
      this.#context,
      this.#seal,
      this.#uniform,
      this.#plan,
      this.#forms,
    );
    return {
      withPlain: (op, value, use) => this.#withPlain(plaintexts, op, value, use),
      apply: (op, [a], _clears, to) => this.#apply(plaintexts, op, a!, to),
      delete: () => plaintexts.delete(),
    };
  }

  #withPlain(
    plaintexts: Plaintexts,
    op: PlainOp,
    value: ClearValue,
    use: (plain: Plaintext) => void,
  ): void {
    const [cipher, plain] = op.args;
    const degree = op.op !== 'mulPlain' ? this.#forms.degrees[cipher]! : op.scale === 'one' ? 0 : 1;
    plaintexts.withValue(plain, value, op.level, degree, use);
  }

  #apply(plaintexts: Plaintexts, op: SchemeOp, a: Ciphertext, to: Ciphertext): void {
    switch (op.op) {
      case 'rescale':
        this.#rescale(a, op.level, to);
        break;
      case 'lower':
        this.#lower(plaintexts, a, this.#forms.levels[op.args[0]]!, op.level, to);
        break;
      case 'rotate':
        this.#seal.rotateVector(a, op.steps, galoisKeysOf(this.#keys), to);
        break;
      default:
        throw new SealError(`${op.op} is for integers`);
    }
  }

  #rescale(a: Ciphertext, level: number, to: Ciphertext): void {
    this.#seal.rescaleToNext(a, to);
    const scale = this.#context.params.scales[level]!;
    const difference = Math.abs(to.scale() / scale - 1);
    if (!(difference < scaleTolerance)) {
      throw new SealError(`internal error: scale is off by a factor of 1 ± ${difference}`);
    }
    to.setScale(scale);
  }

  /** See "Approximate Homomorphic Encryption with Reduced Approximation Error" (Kim et al.). */
  #lower(plaintexts: Plaintexts, a: Ciphertext, from: number, level: number, to: Ciphertext): void {
    let source = a;
    if (from > level + 1) {
      this.#seal.cipherModSwitchTo(a, this.#context.parmsIds[level + 1]!, to);
      source = to;
    }
    plaintexts.withUnit(from, level, (one) => this.#seal.multiplyPlain(source, one, to));
    this.#rescale(to, level, to);
  }
}
