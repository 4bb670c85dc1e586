import type { Ciphertext } from 'node-seal/allows';
import { defined, lookUp } from '../../lookup.ts';
import type { BlockData } from '../../plan/clear-ops.ts';
import type { RunIndex, ValueId } from '../../plan/index-space.ts';
import type { Evaluator, RunResult } from './evaluator.ts';
import { loadCipher, savedBytes } from './result-exchange.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import type { Deletable } from './scope.ts';
import type { Work, WorkerPool } from './worker-pool.ts';
import type { ShareOutputs } from './worker-protocol.ts';

/** The parts of a team. */
export interface TeamParts extends Work {
  readonly context: SchemeContext;
  /** Evaluates the first share, in this thread. */
  readonly evaluator: Evaluator;
  /** Evaluates the other shares. */
  readonly pool: WorkerPool;
}

/** All workers that evaluate a plan, including this thread, as one evaluator. */
export class Team implements Deletable {
  readonly #parts: TeamParts;
  /** Workers that read each upload. */
  readonly #readers: ReadonlyMap<ValueId, readonly number[]>;
  /**
   * The uploads of the next run that this thread reads. They stay in SEAL's saved format, because
   * all of them together would fill WebAssembly memory.
   */
  #uploads = new Map<ValueId, Uint8Array>();

  constructor(parts: TeamParts) {
    this.#parts = parts;
    this.#readers = uploadReaders(parts);
  }

  delete(): void {
    this.#uploads.clear();
  }

  /** Gives an upload of the next run to the workers that read it, and deletes the ciphertext. */
  giveUpload(at: ValueId, cipher: Ciphertext): void {
    const { pool, context } = this.#parts;
    const readers = lookUp(this.#readers, at);
    try {
      const bytes = savedBytes(context.seal, cipher);
      readers.forEach((worker, i) => {
        // This thread loses a transferred buffer, so only the last reader gets the original.
        const copy = i === readers.length - 1 ? bytes : bytes.slice();
        if (worker > 0) pool.giveUpload(worker, at, copy);
        else this.#uploads.set(at, copy);
      });
    } finally {
      cipher.delete();
    }
  }

  /**
   * Runs the plan once, on the uploads that it has received.
   *
   * @param data plain inputs of the instances that share the ciphertexts
   * @throws ShoalError `evaluation-failed` or `division-by-zero`; or the reason why the pool was
   *   abandoned. The team cannot be used afterwards.
   */
  async run(data: BlockData): Promise<RunResult> {
    const { pool, evaluator, progress, context } = this.#parts;
    const uploads = this.#uploads;
    this.#uploads = new Map();
    const onOperation = (index: RunIndex): void => void Atomics.store(progress, 0, index);
    // Waits for all workers even if one fails: the caller frees the objects that they use.
    const [others, own] = await Promise.allSettled([
      pool.run(data),
      evaluator.run(uploads, data, { onOperation, signal: pool.signal }).catch((error) => {
        pool.abandon(error);
        throw error;
      }),
    ]);
    if (own.status === 'fulfilled' && others.status === 'fulfilled') {
      return mergeOutputs(context, own.value, others.value);
    }
    if (own.status === 'fulfilled') for (const c of own.value.ciphers.values()) c.delete();
    throw pool.signal.reason;
  }
}

function uploadReaders({ plan, shares }: Work): ReadonlyMap<ValueId, readonly number[]> {
  const readers = new Map<ValueId, number[]>();
  shares.forEach(({ ops }, worker) => {
    for (const at of ops) {
      if (defined(plan.ops[at]).op !== 'upload') continue;
      const known = readers.get(at);
      if (known === undefined) readers.set(at, [worker]);
      else known.push(worker);
    }
  });
  return readers;
}

/** Adds the outputs of other workers to those of this thread. */
function mergeOutputs(
  context: SchemeContext,
  own: RunResult,
  others: readonly ShareOutputs[],
): RunResult {
  const ciphers = own.ciphers;
  try {
    for (const other of others) {
      for (const [at, bytes] of other.ciphers) ciphers.set(at, loadCipher(context, bytes));
    }
    return { ciphers, clears: own.clears };
  } catch (error) {
    for (const cipher of ciphers.values()) cipher.delete();
    throw error;
  }
}
