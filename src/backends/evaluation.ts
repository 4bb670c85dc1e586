import type { CostModel } from '../cost/cost-model.ts';
import type { ClearValue } from '../plan/clear-ops.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import type { Plan } from '../plan/plan.ts';
import { unpackInto } from '../plan/slot-maps.ts';
import { sizeOf } from '../tensor/tensor.ts';
import type { OperationCheck, OperationFault } from './seal/operation-check.ts';

/** One set of inputs: row-major data by input name, checked against the plan's inputs beforehand. */
export interface Instance {
  readonly inputs: ReadonlyMap<string, Float64Array>;
}

/** Wall-clock milliseconds of each phase, summed over all instances. */
export interface Timings {
  /** Building SEAL's tables, loading keys, waiting for workers that do the same; where that had to be done. */
  readonly setup: number;
  readonly keygen: number;
  readonly encrypt: number;
  readonly evaluate: number;
  readonly decrypt: number;
}

/** A phase of an evaluation, in the order in which they come. */
export type Phase = keyof Timings;

/** What an evaluation took, in bytes. */
export interface MemoryUse {
  /** Largest resident set of the process so far. */
  readonly peakRssBytes: number;
  /** WebAssembly memory of SEAL, in which keys are loaded, ciphertexts and tables lie; of all workers together. */
  readonly heapBytes: number;
  /** What the evaluator must be given once: public, relinearization and rotation keys. */
  readonly keyBytes: number;
  /** Ciphertexts uploaded for all instances together. */
  readonly uploadBytes: number;
}

/** Outputs of each instance, row-major by output name, and what they cost. */
export interface Evaluation {
  readonly outputs: readonly ReadonlyMap<string, Float64Array>[];
  /**
   * Of encrypted integers: bits of noise budget that each output had left, the least of all instances; null for
   * outputs in clear.
   */
  readonly noiseBudgets?: Readonly<Record<string, number | null>>;
  /**
   * Where operations are checked: every operation on ciphertexts that was done, in order, in the run in
   * which it came nearest to its limit.
   */
  readonly checks?: readonly OperationCheck[];
  /** The first operation that went over its limit; there are no outputs then. */
  readonly fault?: OperationFault | undefined;
  /** Workers that evaluated; where more would not have paid, fewer than there might have been. */
  readonly jobs: number;
  readonly timings: Timings;
  readonly memory: MemoryUse;
}

/** How an evaluation is done, watched and ended. */
export interface EvaluateOptions {
  /** Most workers that may evaluate, 1 unless given; of them, one is the calling thread. */
  readonly jobs?: number;
  /** What operations cost on this machine, by which they are distributed; a built-in model unless given. */
  readonly cost?: CostModel;
  /**
   * Called at the begin of each phase, now and then, and at its end. Evaluation is counted in predicted
   * milliseconds of work, other phases in what they make; `total` is 0 where it is not known.
   */
  readonly onProgress?: (done: number, total: number, phase: Phase) => void;
  /** Bytes that WebAssembly memory of all workers may be predicted to take; 1.5 GiB for each if not given. */
  readonly memory?: number;
  /** Evaluation stops soon after this is aborted, throwing its reason. */
  readonly signal?: AbortSignal;
}

/** Row-major data of an instance's input. */
export function readInput(instance: Instance, input: string): Float64Array {
  const data = instance.inputs.get(input);
  if (data === undefined) throw new Error(`input '${input}' has no data`);
  return data;
}

/** Outputs of one block of a plan's values, put together from their parts. */
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
        // A vector of one block holds the same for all instances.
        const offset = vector.length === plan.slots ? 0 : block * plan.slots;
        unpackInto(map, vector, offset, data);
      }
      const [{ factor = 1 }] = parts;
      return [name, factor === 1 ? data : data.map((x) => x * factor)];
    }),
  );
}
