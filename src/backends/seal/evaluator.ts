import type {
  Ciphertext,
  Plaintext,
  PublicKey,
  Evaluator as SealEvaluator,
} from 'node-seal/allows';
import { defined, lookUp } from '../../lookup.ts';
import { type BlockData, type ClearValue, evaluateClearOp } from '../../plan/clear-ops.ts';
import { type RunIndex, runIndex, type ValueId } from '../../plan/index-space.ts';
import { lastUses, operands } from '../../plan/liveness.ts';
import { isClear, type PlainOp } from '../../plan/operations.ts';
import type { CipherOp, Plan } from '../../plan/plan.ts';
import { type Share, wholePlan } from '../../plan/worker-shares.ts';
import { nextTurn, now } from '../../platform/time.ts';
import type { KeyCache } from './key-cache.ts';
import { sealError, translated, translating } from './load-seal.ts';
import { createSchemeEvaluator, type PlanContext } from './plan-context.ts';
import { type Exchange, loadCipher, noExchange } from './result-exchange.ts';
import type { SchemeEvaluator, SchemeRun } from './scheme-evaluator.ts';
import { type Deletable, scoped } from './scope.ts';

/** Time in ms after which other tasks get a turn: drawing progress, noticing interrupts. */
const TURN_LENGTH = 50;

/** The outputs of a run: ciphertexts, which the caller deletes, and values in the clear. */
export interface RunResult {
  readonly ciphers: Map<ValueId, Ciphertext>;
  readonly clears: ReadonlyMap<ValueId, ClearValue>;
}

/** Receives the ciphertext that an operation has just computed. It must not keep it. */
export type CipherObserver = (value: ValueId, cipher: Ciphertext) => void;

/** Options for watching and ending a run. */
export interface RunWatch {
  /** Called before each operation with its index in the run, and at the end with their number. */
  readonly onOperation?: (index: RunIndex) => void;
  /** Ends the run soon after it is aborted; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Evaluates a plan, or a worker's share of it, on ciphertexts: the server's side. It has evaluation
 * keys only. It can run any number of times.
 */
export class Evaluator implements Deletable {
  readonly #context: PlanContext;
  readonly #publicKey: PublicKey;
  readonly #keys: KeyCache;
  readonly #plan: Plan;
  readonly #share: Share;
  readonly #exchange: Exchange;
  /** For each value, the index in the run of the last operation that reads it. */
  readonly #last: Int32Array;
  readonly #seal: SealEvaluator;
  readonly #scheme: SchemeEvaluator;

  /** @throws ShoalError if plan and context do not belong together */
  constructor(
    context: PlanContext,
    publicKey: PublicKey,
    keys: KeyCache,
    plan: Plan,
    share: Share = wholePlan(plan),
    exchange: Exchange = noExchange,
  ) {
    this.#context = context;
    this.#publicKey = publicKey;
    this.#keys = keys;
    this.#plan = plan;
    this.#share = share;
    this.#exchange = exchange;
    this.#last = lastUses(plan, share.ops, share.outputs);
    this.#seal = new context.seal.Evaluator(context.context);
    this.#scheme = createSchemeEvaluator(context, keys, plan, share, this.#seal);
  }

  delete(): void {
    this.#seal.delete();
  }

  /**
   * Runs the share once.
   *
   * @param uploads the share's uploads by operation, as SEAL saved them or as ciphertexts. Saved
   *   ones are loaded when their operation's turn comes. The run deletes ciphertexts after their
   *   last use.
   * @param data plain inputs of the instances that share the ciphertexts
   * @param observe called with each ciphertext that has just been computed
   * @returns the outputs that the share computes
   * @throws ShoalError `evaluation-failed` or `division-by-zero`; or the signal's reason. Either
   *   way all ciphertexts of the run are deleted.
   */
  async run(
    uploads: Map<ValueId, Ciphertext | Uint8Array>,
    data: BlockData,
    watch: RunWatch = {},
    observe?: CipherObserver,
  ): Promise<RunResult> {
    const { seal } = this.#context;
    const scheme = this.#scheme.start();
    const ciphers = new Map<ValueId, Ciphertext>();
    const clears = new Map<ValueId, ClearValue>();
    const run: Run = { uploads, ciphers, clears, scheme, data, observe };
    const { ops } = this.#share;
    let turn = now();
    try {
      for (const [number, at] of ops.entries()) {
        const index = runIndex(number);
        watch.onOperation?.(index);
        if (this.#missingOperands(run, at).length > 0) await this.#fetch(run, at);
        this.#step(run, at, index);
        if (now() - turn < TURN_LENGTH) continue;
        await nextTurn();
        watch.signal?.throwIfAborted();
        turn = now();
      }
      watch.onOperation?.(runIndex(ops.length));
      translating(seal, 'finishing outputs', () => this.#hideTransparent(ciphers));
      return { ciphers, clears };
    } catch (error) {
      for (const cipher of ciphers.values()) cipher.delete();
      ciphers.clear();
      throw error;
    } finally {
      for (const upload of uploads.values()) if (!isSaved(upload)) upload.delete();
      uploads.clear();
      scheme.delete();
    }
  }

  /** Returns the ciphertexts that an operation reads and other workers have not sent yet. */
  #missingOperands({ ciphers }: Run, at: ValueId): readonly ValueId[] {
    return operands(defined(this.#plan.ops[at])).filter(
      (arg) => defined(this.#scheme.levels[arg]) >= 0 && !ciphers.has(arg),
    );
  }

  async #fetch(run: Run, at: ValueId): Promise<void> {
    for (const arg of new Set(this.#missingOperands(run, at))) {
      const bytes = await this.#exchange.receive(arg);
      run.ciphers.set(arg, loadCipher(this.#context, bytes));
    }
  }

  #step(run: Run, at: ValueId, index: RunIndex): void {
    try {
      this.#perform(run, at, index);
      const recipients = this.#share.recipients.get(at);
      if (recipients) this.#exchange.send(at, lookUp(run.ciphers, at), recipients);
      for (const arg of operands(defined(this.#plan.ops[at]))) this.#freeAfter(run, arg, index);
      this.#freeAfter(run, at, index);
    } catch (error) {
      throw translated(
        this.#context.seal,
        `operation ${at} (${defined(this.#plan.ops[at]).op})`,
        error,
      );
    }
  }

  #perform(run: Run, at: ValueId, index: RunIndex): void {
    const op = defined(this.#plan.ops[at]);
    const { ciphers, clears } = run;
    if (isClear(op)) {
      clears.set(
        at,
        evaluateClearOp(op, (value) => lookUp(clears, value), run.data),
      );
    } else if (op.op !== 'upload') {
      ciphers.set(at, this.#compute(run, op, index));
    } else {
      ciphers.set(at, this.#uploaded(run, op.input, at));
    }
    const cipher = ciphers.get(at);
    if (cipher) run.observe?.(at, cipher);
  }

  #uploaded({ uploads }: Run, input: string, at: ValueId): Ciphertext {
    const upload = uploads.get(at);
    if (!upload) throw sealError(`nothing was uploaded for input '${input}'`);
    uploads.delete(at);
    return isSaved(upload) ? loadCipher(this.#context, upload) : upload;
  }

  #freeAfter({ ciphers, clears }: Run, value: ValueId, index: RunIndex): void {
    if (this.#last[value] !== index) return;
    clears.delete(value);
    ciphers.get(value)?.delete();
    ciphers.delete(value);
  }

  /** Computes an operation into a new ciphertext, or into an operand that is no longer needed. */
  #compute(run: Run, op: ComputedOp, index: RunIndex): Ciphertext {
    const operands = op.args.map((arg) => run.ciphers.get(arg));
    const result = this.#takeOperand(run, op, index) ?? new this.#context.seal.Ciphertext();
    try {
      this.#apply(run, op, index, operands, result);
      return result;
    } catch (error) {
      result.delete();
      throw error;
    }
  }

  /**
   * Returns an operand that is used for the last time, which SEAL may overwrite with the result.
   */
  #takeOperand(run: Run, op: ComputedOp, index: RunIndex): Ciphertext | undefined {
    for (const arg of op.args) {
      const cipher = run.ciphers.get(arg);
      if (cipher === undefined || this.#last[arg] !== index) continue;
      run.ciphers.delete(arg);
      return cipher;
    }
    return undefined;
  }

  /** Computes `op` of its encrypted operands into `to`, which may be one of them. */
  #apply(
    run: Run,
    op: ComputedOp,
    index: RunIndex,
    operands: readonly (Ciphertext | undefined)[],
    to: Ciphertext,
  ): void {
    const seal = this.#seal;
    const [a, b] = operands as [Ciphertext, Ciphertext | undefined];
    switch (op.op) {
      case 'add':
        seal.add(a, defined(b), to);
        break;
      case 'sub':
        seal.sub(a, defined(b), to);
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
        if (op.scale === 'level') run.scheme.apply(op, index, operands, run.clears, to);
        else this.#withPlain(run, op, (plain) => seal.multiplyPlain(a, plain, to));
        break;
      case 'mul':
        if (op.args[0] === op.args[1]) seal.square(a, to);
        else seal.multiply(a, defined(b), to);
        break;
      case 'relinearize':
        this.#relinearize(a, index, to);
        break;
      default:
        run.scheme.apply(op, index, operands, run.clears, to);
    }
  }

  #withPlain(run: Run, op: PlainOp, use: (plain: Plaintext) => void): void {
    run.scheme.withPlain(op, lookUp(run.clears, op.args[1]), use);
  }

  #relinearize(a: Ciphertext, index: RunIndex, to: Ciphertext): void {
    const { evaluator, key } = this.#keys.relinearization(index);
    evaluator.relinearize(a, key, to);
  }

  /** Adds an encryption of zero to outputs that could be read without a key: see `load-seal.ts`. */
  #hideTransparent(ciphers: ReadonlyMap<ValueId, Ciphertext>): void {
    const { seal, context, parmsIds } = this.#context;
    for (const [value, cipher] of ciphers) {
      if (!cipher.isTransparent()) continue;
      scoped((scope) => {
        const encryptor = scope.own(new seal.Encryptor(context, this.#publicKey));
        const zero = scope.own(new seal.Ciphertext());
        encryptor.encryptZero(zero);
        this.#seal.cipherModSwitchToInplace(
          zero,
          defined(parmsIds[defined(this.#scheme.levels[value])]),
        );
        zero.setScale(cipher.scale());
        this.#seal.addInplace(cipher, zero);
      });
    }
  }
}

type ComputedOp = Exclude<CipherOp, { op: 'upload' }>;

interface Run {
  readonly uploads: Map<ValueId, Ciphertext | Uint8Array>;
  readonly ciphers: Map<ValueId, Ciphertext>;
  readonly clears: Map<ValueId, ClearValue>;
  readonly scheme: SchemeRun;
  readonly data: BlockData;
  readonly observe: CipherObserver | undefined;
}

function isSaved(upload: Ciphertext | Uint8Array): upload is Uint8Array {
  return upload instanceof Uint8Array;
}
