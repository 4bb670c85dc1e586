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
import type { EvaluateOptions } from '../evaluation.ts';
import type { KeyCache } from './key-cache.ts';
import { createSchemeEvaluator, type PlanContext } from './plan-context.ts';
import { SealError, translated, translating } from './runtime.ts';
import type { PlainOp, SchemeEvaluator, SchemeRun } from './scheme.ts';
import { type Deletable, scoped } from './scope.ts';

/** After so many ms other tasks get a turn: progress is drawn, interrupts are noticed. */
const turnLength = 50;

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
  readonly #context: PlanContext;
  readonly #publicKey: PublicKey;
  readonly #keys: KeyCache;
  readonly #plan: Plan;
  readonly #last: Int32Array;
  readonly #seal: SealEvaluator;
  readonly #scheme: SchemeEvaluator;

  /** @throws SealError if plan and context do not belong together */
  constructor(context: PlanContext, publicKey: PublicKey, keys: KeyCache, plan: Plan) {
    this.#context = context;
    this.#publicKey = publicKey;
    this.#keys = keys;
    this.#plan = plan;
    this.#last = lastUses(plan);
    this.#seal = new context.seal.Evaluator(context.context);
    this.#scheme = createSchemeEvaluator(context, keys, plan, this.#seal);
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
    const scheme = this.#scheme.start();
    const ciphers: Map<number, Ciphertext> = uploads;
    const clears = new Map<number, ClearValue>();
    const run: Run = { ciphers, clears, scheme, data, observe };
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
      scheme.delete();
    }
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
    const result = this.#takeOperand(run, op, at) ?? new this.#context.seal.Ciphertext();
    try {
      this.#apply(run, op, at, operands, result);
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

  /** Writes `op` of its encrypted operands into `to`, which may be one of them. */
  #apply(
    run: Run,
    op: ComputedOp,
    at: number,
    operands: readonly (Ciphertext | undefined)[],
    to: Ciphertext,
  ): void {
    const seal = this.#seal;
    const [a, b] = operands as [Ciphertext, Ciphertext | undefined];
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
        if (op.scale === 'level') run.scheme.apply(op, at, operands, run.clears, to);
        else this.#withPlain(run, op, (plain) => seal.multiplyPlain(a, plain, to));
        break;
      case 'mul':
        if (op.args[0] === op.args[1]) seal.square(a, to);
        else seal.multiply(a, b!, to);
        break;
      case 'relinearize':
        this.#relinearize(a, at, to);
        break;
      default:
        run.scheme.apply(op, at, operands, run.clears, to);
    }
  }

  #withPlain(run: Run, op: PlainOp, use: (plain: Plaintext) => void): void {
    run.scheme.withPlain(op, run.clears.get(op.args[1])!, use);
  }

  #relinearize(a: Ciphertext, at: number, to: Ciphertext): void {
    const { evaluator, key } = this.#keys.relinearization(at);
    evaluator.relinearize(a, key, to);
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
        this.#seal.cipherModSwitchToInplace(zero, parmsIds[this.#scheme.levels[index]!]!);
        zero.setScale(cipher.scale());
        this.#seal.addInplace(cipher, zero);
      });
    }
  }
}

type ComputedOp = Exclude<CipherOp, { op: 'upload' }>;

interface Run {
  readonly ciphers: Map<number, Ciphertext>;
  readonly clears: Map<number, ClearValue>;
  readonly scheme: SchemeRun;
  readonly data: BlockData;
  readonly observe: CipherObserver | undefined;
}
