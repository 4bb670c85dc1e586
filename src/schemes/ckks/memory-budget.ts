import type { Plan } from '../../plan/plan.ts';
import { keyLevels } from './key-levels.ts';
import { keyUses } from './key-needs.ts';
import { allKeys, type KeyCapacities, keyCapacities, oneKey } from './key-paging.ts';
import { type MemoryPrediction, predictMemory, roomLeft } from './memory.ts';

/**
 * What each worker's WebAssembly memory may be predicted to take where nothing is said: predictions are
 * good to a quarter, so it stays below 2 GB.
 */
export const defaultHeapBytes = 1.5 * 2 ** 30;

/** WebAssembly addresses 4 GiB; what a prediction may be off by is left. */
const largestHeapBytes = 3.25 * 2 ** 30;

/** How keys are kept in memory, and what the evaluation takes then. */
export interface MemoryPlan {
  readonly capacities: KeyCapacities;
  readonly prediction: MemoryPrediction;
}

/** There is too little memory for an evaluation, even with one key of each level at a time. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  /** Bytes for all workers that would be enough. */
  readonly needed: number;
  readonly least: MemoryPrediction;

  constructor(needed: number, least: MemoryPrediction) {
    super(`the evaluation takes ${needed} bytes of memory at least`);
    this.needed = needed;
    this.least = least;
  }
}

/**
 * Plans the memory of an evaluation: all keys stay loaded where they fit, else as many as there is room for.
 *
 * @param jobs workers, each with a heap of its own
 * @param budget bytes for the heaps of all workers
 * @throws MemoryError if one key of each level is too much
 */
export function planMemory(
  plan: Plan,
  jobs = 1,
  budget: number = jobs * defaultHeapBytes,
): MemoryPlan {
  const heap = Math.min(budget / jobs, largestHeapBytes);
  const levels = keyLevels(plan);
  const fits = (capacities: KeyCapacities) => predictMemory(plan, jobs, capacities).heap <= heap;
  const all = allKeys(levels);
  if (fits(all)) return { capacities: all, prediction: predictMemory(plan, jobs, all) };
  const least = predictMemory(plan, jobs, oneKey(levels));
  if (least.heap > heap) throw new MemoryError(jobs * least.heap, least);
  const room = least.loadedKeys + roomLeft(least, heap);
  const capacities = keyCapacities(plan.params, levels, keyUses(plan.ops), room)!;
  return { capacities, prediction: predictMemory(plan, jobs, capacities) };
}
