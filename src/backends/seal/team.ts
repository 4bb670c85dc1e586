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

/** What a team is made of. */
export interface TeamParts extends Work {
  readonly context: SchemeContext;
  /** Does the first share, in this thread. */
  readonly evaluator: Evaluator;
  /** Do the others. */
  readonly pool: WorkerPool;
}

/** All workers that evaluate a plan, this thread among them, as one evaluator. */
export class Team implements Deletable {
  readonly #parts: TeamParts;
  /** Workers that read each upload. */
  readonly #readers: ReadonlyMap<ValueId, readonly number[]>;
  /** Of the next run, those that are read here, as SEAL saved them: all at once they would fill WebAssembly's memory. */
  #uploads = new Map<ValueId, Uint8Array>();

  constructor(parts: TeamParts) {
    this.#parts = parts;
    this.#readers = uploadReaders(parts);
  }

  delete(): void {
    this.#uploads.clear();
  }

  /** Takes over an upload of the next run and gives it to whoever reads it. */
  giveUpload(at: ValueId, cipher: Ciphertext): void {
    const { pool, context } = this.#parts;
    const readers = lookUp(this.#readers, at);
    try {
      const bytes = savedBytes(context.seal, cipher);
      readers.forEach((worker, i) => {
        // A buffer that a worker is given is gone; the last reader gets the original.
        const given = i === readers.length - 1 ? bytes : bytes.slice();
        if (worker > 0) pool.giveUpload(worker, at, given);
        else this.#uploads.set(at, given);
      });
    } finally {
      cipher.delete();
    }
  }

  /**
   * Runs the plan once, on the uploads given before.
   *
   * @param data plain inputs of the instances that share the ciphertexts
   * @throws ShoalError `evaluation-failed` or `division-by-zero`, or what the pool is abandoned for; the team is of no use then
   */
  async run(data: BlockData): Promise<RunResult> {
    const { pool, evaluator, places, context } = this.#parts;
    const uploads = this.#uploads;
    this.#uploads = new Map();
    const onStep = (place: RunIndex): void => void Atomics.store(places, 0, place);
    // Nobody may leave while another one still works, for what they work with is freed then.
    const [others, own] = await Promise.allSettled([
      pool.run(data),
      evaluator.run(uploads, data, { onStep, signal: pool.signal }).catch((error) => {
        pool.abandon(error);
        throw error;
      }),
    ]);
    if (own.status === 'fulfilled' && others.status === 'fulfilled') {
      return together(context, own.value, others.value);
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

/** Adds what other workers found to what was found here. */
function together(
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
