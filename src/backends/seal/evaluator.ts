import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  Ciphertext,
  Plaintext,
  PublicKey,
  Evaluator as SealEvaluator,
} from 'node-seal/allows';
import { type BlockData, type ClearValue, evaluateClearOp, isClear } from '../../plan/clear-ops.ts';
import { lastUses } from '../../plan/liveness.ts';
import type { CipherOp, Plan } from '../../plan/plan.ts';
import { type CipherForms, cipherForms } from '../../schemes/ckks/scales.ts';
import type { EvaluateOptions } from '../evaluation.ts';
import type { CkksContext } from './context.ts';
import type { KeyCache } from './key-cache.ts';
import { Plaintexts } from './plaintexts.ts';
import { SealError, translated, translating } from './runtime.ts';
import { type Deletable, scoped } from './scope.ts';
import { UniformEncoder } from './uniform.ts';

/** After so many ms other tasks get a turn: progress is drawn, interrupts are noticed. */
const turnLength = 50;

/** SEAL's own result may differ from the canonical scale by roundings, and by nothing else. */
const scaleTolerance = 1e-12;

/** Outputs of a run: ciphertexts, which the caller deletes, and values in clear. */
export interface RunResult {
  readonly ciphers: Map<number, Ciphertext>;
  readonly clears: ReadonlyMap<number, ClearValue>;
}

/** Looks at the ciphertext of an operation that has just been done; it must not be kept. */
export type CipherObserver = (index: number, cipher: Ciphertext) => void;

/**
 * Evaluates plans on ciphertexts: the server's side. Has evaluation keys only. Its objects hold for any
 * number of runs.
 */
export class Evaluator implements Deletable {
  readonly #context: CkksContext;
  readonly #publicKey: PublicKey;
  readonly #keys: KeyCache;
  readonly #plan: Plan;
  readonly #forms: CipherForms;
  readonly #last: Int32Array;
  readonly #seal: SealEvaluator;
  readonly #uniform: UniformEncoder;

  constructor(context: CkksContext, publicKey: PublicKey, keys: KeyCache, plan: Plan) {
    this.#context = context;
    this.#publicKey = publicKey;
    this.#keys = keys;
    this.#plan = plan;
    this.#forms = cipherForms(plan);
    this.#last = lastUses(plan);
    if (this.#forms.topLevel > context.topLevel) {
      throw new SealError('the plan has more levels than its parameters');
    }
    this.#seal = new context.seal.Evaluator(context.context);
    this.#uniform = new UniformEncoder(context);
  }

  delete(): void {
    this.#seal.delete();
  }

  /**
   * Runs the plan once.
   *
   * @param uploads ciphertext of each upload by operation index; taken over, deleted after last use
   * @param data plain inputs of the instances that share the ciphertexts
   * @param observe called with each ciphertext once it is there
   * @throws SealError, DataError, or the signal's reason; nothing is left behind then
   */
  async run(
    uploads: Map<number, Ciphertext>,
    data: BlockData,
    options: EvaluateOptions = {},
    observe?: CipherObserver,
  ): Promise<RunResult> {
    const { seal } = this.#context;
    const plaintexts = this.#newPlaintexts();
    const ciphers: Map<number, Ciphertext> = uploads;
    const clears = new Map<number, ClearValue>();
    const run: Run = { ciphers, clears, plaintexts, data, observe };
    const total = this.#plan.ops.length;
    let turn = performance.now();
    try {
      for (let at = 0; at < total; at++) {
        this.#step(run, at);
        if (performance.now() - turn < turnLength) continue;
        options.onProgress?.(at + 1, total, 'evaluate');
        await nextTurn();
        options.signal?.throwIfAborted();
        turn = performance.now();
      }
      options.onProgress?.(total, total, 'evaluate');
      translating(seal, 'finishing outputs', () => this.#hideTransparent(ciphers));
      return { ciphers, clears };
    } catch (error) {
      for (const cipher of ciphers.values()) cipher.delete();
      ciphers.clear();
      throw error;
    } finally {
      plaintexts.delete();
    }
  }

  #newPlaintexts(): Plaintexts {
    return new Plaintexts(this.#context, this.#seal, this.#uniform, this.#plan, this.#forms);
  }

  #step(run: Run, at: number): void {
    try {
      this.#perform(run, at);
    } catch (error) {
      throw translated(this.#context.seal, `operation ${at} (${this.#plan.ops[at]!.op})`, error);
    }
  }

  #perform(run: Run, at: number): void {
    const op = this.#plan.ops[at]!;
    const { ciphers, clears } = run;
    if (isClear(op)) {
      clears.set(
        at,
        evaluateClearOp(op, (index) => clears.get(index)!, run.data),
      );
    } else if (op.op !== 'upload') {
      const result = this.#compute(run, op, at);
      ciphers.set(at, result);
    } else if (!ciphers.has(at)) {
      throw new SealError(`nothing was uploaded for input '${op.input}'`);
    }
    const cipher = ciphers.get(at);
    if (cipher) run.observe?.(at, cipher);
    if ('args' in op) for (const arg of op.args) this.#freeAfter(run, arg, at);
    this.#freeAfter(run, at, at);
  }

  #freeAfter({ ciphers, clears }: Run, index: number, at: number): void {
    if (this.#last[index] !== at) return;
    clears.delete(index);
    ciphers.get(index)?.delete();
    ciphers.delete(index);
  }

  /** The result of an operation: a new ciphertext, or an operand's that is not needed any more. */
  #compute(run: Run, op: ComputedOp, at: number): Ciphertext {
    const operands = op.args.map((arg) => run.ciphers.get(arg));
    const [a, b] = operands as [Ciphertext, Ciphertext | undefined];
    const result = this.#takeOperand(run, op, at) ?? new this.#context.seal.Ciphertext();
    try {
      this.#apply(run, op, at, a, b, result);
      return result;
    } catch (error) {
      result.delete();
      throw error;
    }
  }

  /** A ciphertext among the operands whose last use this is: SEAL may write the result over it. */
  #takeOperand(run: Run, op: ComputedOp, at: number): Ciphertext | undefined {
    for (const arg of op.args) {
      const cipher = run.ciphers.get(arg);
      if (cipher === undefined || this.#last[arg] !== at) continue;
      run.ciphers.delete(arg);
      return cipher;
    }
    return undefined;
  }

  /** Writes `op` of `a` and `b` into `to`, which may be one of them. */
  #apply(
    run: Run,
    op: ComputedOp,
    at: number,
    a: Ciphertext,
    b: Ciphertext | undefined,
    to: Ciphertext,
  ): void {
    const seal = this.#seal;
    switch (op.op) {
      case 'add':
        seal.add(a, b!, to);
        break;
      case 'sub':
        seal.sub(a, b!, to);
        break;
      case 'negate':
        seal.negate(a, to);
        break;
      case 'addPlain':
        this.#withPlain(run, op, (plain) => seal.addPlain(a, plain, to));
        break;
      case 'subPlain':
        this.#withPlain(run, op, (plain) => seal.subPlain(a, plain, to));
        break;
      case 'mulPlain':
        if (op.scale === 'level') this.#scale(run, a, op, to);
        else this.#withPlain(run, op, (plain) => seal.multiplyPlain(a, plain, to));
        break;
      case 'adjust':
        this.#adjust(run, a, this.#forms.levels[op.args[0]]!, op.level, to);
        break;
      case 'mul':
        if (op.args[0] === op.args[1]) seal.square(a, to);
        else seal.multiply(a, b!, to);
        break;
      case 'relinearize':
        this.#relinearize(a, at, to);
        break;
      case 'rescale':
        this.#rescale(a, op.level, to);
        break;
      case 'lower':
        this.#adjust(run, a, this.#forms.levels[op.args[0]]!, op.level + 1, to);
        this.#rescale(to, op.level, to);
        break;
      case 'rotate':
        this.#rotate(a, op.steps, at, to);
        break;
    }
  }

  #withPlain(run: Run, op: PlainOp, use: (plain: Plaintext) => void): void {
    const [cipher, plain] = op.args;
    const degree = op.op === 'mulPlain' ? 0 : this.#forms.degrees[cipher]!;
    run.plaintexts.withValue(plain, run.clears.get(plain)!, op.level, degree, use);
  }

  #rescale(a: Ciphertext, level: number, to: Ciphertext): void {
    this.#seal.rescaleToNext(a, to);
    this.#setScale(to, this.#context.params.scales[level]!);
  }

  #setScale(to: Ciphertext, scale: number): void {
    const difference = Math.abs(to.scale() / scale - 1);
    if (!(difference < scaleTolerance)) {
      throw new SealError(`internal error: scale is off by a factor of 1 ± ${difference}`);
    }
    to.setScale(scale);
  }

  #scale(run: Run, a: Ciphertext, { args, level }: MulPlainOp, to: Ciphertext): void {
    const [cipher, plain] = args;
    const from = this.#forms.levels[cipher]!;
    const source = this.#switchDown(a, from, level, to);
    run.plaintexts.withFactor(plain, run.clears.get(plain)!, from, level, (factor) =>
      this.#multiplyExactly(source, factor, level, to),
    );
  }

  /** See "Approximate Homomorphic Encryption with Reduced Approximation Error" (Kim et al.). */
  #adjust(run: Run, a: Ciphertext, from: number, level: number, to: Ciphertext): void {
    const source = this.#switchDown(a, from, level, to);
    run.plaintexts.withFactor(undefined, 1, from, level, (one) =>
      this.#multiplyExactly(source, one, level, to),
    );
  }

  /** A ciphertext without the primes above `level`: itself, or `to` where there were any. */
  #switchDown(a: Ciphertext, from: number, level: number, to: Ciphertext): Ciphertext {
    if (from === level) return a;
    this.#seal.cipherModSwitchTo(a, this.#context.parmsIds[level]!, to);
    return to;
  }

  /** Leaves the scale of a product at `level`, which SEAL computes up to a rounding. */
  #multiplyExactly(a: Ciphertext, factor: Plaintext, level: number, to: Ciphertext): void {
    this.#seal.multiplyPlain(a, factor, to);
    this.#setScale(to, this.#context.params.scales[level]! ** 2);
  }

  #relinearize(a: Ciphertext, at: number, to: Ciphertext): void {
    const { evaluator, key } = this.#keys.relinearization(at);
    evaluator.relinearize(a, key, to);
  }

  #rotate(a: Ciphertext, steps: number, at: number, to: Ciphertext): void {
    const { evaluator, key } = this.#keys.rotation(steps, at);
    evaluator.rotateVector(a, steps, key, to);
  }

  /** Adds an encryption of zero to outputs that anybody could read: see `runtime.ts`. */
  #hideTransparent(ciphers: ReadonlyMap<number, Ciphertext>): void {
    const { seal, context, parmsIds } = this.#context;
    for (const [index, cipher] of ciphers) {
      if (!cipher.isTransparent()) continue;
      scoped((scope) => {
        const encryptor = scope.own(new seal.Encryptor(context, this.#publicKey));
        const zero = scope.own(new seal.Ciphertext());
        encryptor.encryptZero(zero);
        this.#seal.cipherModSwitchToInplace(zero, parmsIds[this.#forms.levels[index]!]!);
        zero.setScale(cipher.scale());
        this.#seal.addInplace(cipher, zero);
      });
    }
  }
}

type ComputedOp = Exclude<CipherOp, { op: 'upload' }>;
type PlainOp = Extract<CipherOp, { op: 'addPlain' | 'subPlain' | 'mulPlain' }>;
type MulPlainOp = Extract<CipherOp, { op: 'mulPlain' }>;

interface Run {
  readonly ciphers: Map<number, Ciphertext>;
  readonly clears: Map<number, ClearValue>;
  readonly plaintexts: Plaintexts;
  readonly data: BlockData;
  readonly observe: CipherObserver | undefined;
}
