import type { CostModel } from '../cost/cost-model.ts';
import type { ClearValue } from '../plan/clear-ops.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import type { Plan } from '../plan/plan.ts';
import { unpackInto } from '../plan/slot-maps.ts';
import { sizeOf } from '../tensor/tensor.ts';
import type { OperationCheck, OperationFault } from './seal/operation-check.ts';

/** One set of inputs: row-major data by input name, already checked against the plan. */
export interface Instance {
  readonly inputs: ReadonlyMap<string, Float64Array>;
}

/** Wall-clock time of each phase in ms, summed over all instances. */
export interface Timings {
  /** Building SEAL's tables, loading keys, and waiting for workers that do the same. */
  readonly setup: number;
  readonly keygen: number;
  readonly encrypt: number;
  readonly evaluate: number;
  readonly decrypt: number;
}

/** A phase of an evaluation. Their order in {@link Timings} is the order in which they run. */
export type Phase = keyof Timings;

/** The memory and the data volume of an evaluation, in bytes. */
export interface MemoryUse {
  /** Largest resident set of the process so far. */
  readonly peakRssBytes: number;
  /** WebAssembly memory of all workers together: loaded keys, ciphertexts and SEAL's tables. */
  readonly heapBytes: number;
  /** What the client sends to the server once: public, relinearization and rotation keys. */
  readonly keyBytes: number;
  /** The uploads of all instances together. */
  readonly uploadBytes: number;
}

/** The outputs of each instance, row-major by output name, and what they cost. */
export interface Evaluation {
  readonly outputs: readonly ReadonlyMap<string, Float64Array>[];
  /**
   * BFV and BGV only: the bits of noise budget that each output has left, the smallest of all
   * instances; null for outputs in the clear.
   */
  readonly noiseBudgets?: Readonly<Record<string, number | null>>;
  /**
   * `debug` only: every operation on ciphertexts that was done, in order, each in the run in which
   * it came closest to its limit.
   */
  readonly checks?: readonly OperationCheck[];
  /** The first operation that exceeded its limit; there are no outputs then. */
  readonly fault?: OperationFault | undefined;
  /** Number of workers that evaluated: fewer than allowed where more would not have been faster. */
  readonly jobs: number;
  readonly timings: Timings;
  readonly memory: MemoryUse;
}

/** Options of an evaluation. */
export interface EvaluateOptions {
  /** Limit on the number of workers, the calling thread included; 1 by default. */
  readonly jobs?: number;
  /** The cost model by which operations are distributed; a built-in model by default. */
  readonly cost?: CostModel;
  /**
   * Called at the start and the end of each phase, and from time to time in between. `evaluate`
   * counts predicted milliseconds of work, other phases count keys or ciphertexts. `total` is 0 if
   * it is unknown.
   */
  readonly onProgress?: (done: number, total: number, phase: Phase) => void;
  /**
   * Limit on the predicted WebAssembly memory of all workers, in bytes; by default 1.5 GiB each, or
   * up to 3.25 GiB if the evaluation does not fit otherwise.
   */
  readonly memory?: number;
  /** Ends the evaluation soon after it is aborted; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Returns the row-major data of an instance's input. */
export function readInput(instance: Instance, input: string): Float64Array {
  const data = instance.inputs.get(input);
  if (data === undefined) throw new Error(`input '${input}' has no data`);
  return data;
}

/** Returns the outputs in one block of a plan's values, each assembled from its parts. */
export function readOutputs(
  plan: Plan,
  getValue: (index: number) => ClearValue,
  block: number,
): ReadonlyMap<string, Float64Array> {
  return new Map(
    wholeOutputs(plan.outputs).map(({ name, shape, parts }) => {
      const data = new Float64Array(sizeOf(shape));
      for (const { value: index, map } of parts) {
        const value = getValue(index);
        const vector = typeof value === 'number' ? new Float64Array(plan.slots).fill(value) : value;
        // A vector of one block applies to all instances.
        const offset = vector.length === plan.slots ? 0 : block * plan.slots;
        unpackInto(map, vector, offset, data);
      }
      const [{ factor = 1 }] = parts;
      return [name, factor === 1 ? data : data.map((x) => x * factor)];
    }),
  );
}
