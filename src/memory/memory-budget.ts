import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { machineBytes } from '../platform/machine.ts';
import { keyLevels } from './key-levels.ts';
import { keyUses } from './key-needs.ts';
import { allKeys, type KeyCapacities, keyCapacities, oneKey } from './key-paging.ts';
import { LARGEST_HEAP_BYTES, type MemoryLimits, memoryError } from './memory-error.ts';
import {
  type MemoryPrediction,
  predictMemory,
  roomLeft,
  storedKeysBytes,
} from './predict-memory.ts';

/**
 * The predicted bytes that each worker's WebAssembly memory may take by default, unless an
 * evaluation does not fit in them. Predictions are accurate to a quarter, so the memory stays below
 * 2 GB.
 */
export const DEFAULT_HEAP_BYTES = 1.5 * 2 ** 30;

/** How many keys are in memory, and what the evaluation takes then. */
export interface MemoryPlan {
  /** One key of each level if the evaluation does not fit. */
  readonly capacities: KeyCapacities;
  readonly prediction: MemoryPrediction;
  readonly limits: MemoryLimits;
  readonly fits: boolean;
}

/**
 * Plans the memory of an evaluation: all keys stay loaded if they fit, otherwise as many as fit.
 *
 * @param jobs number of workers, each with its own heap
 * @param budget bytes for the heaps of all workers; by default {@link DEFAULT_HEAP_BYTES} for each,
 *   or what the machine and WebAssembly have, if the evaluation does not fit otherwise
 * @param machine bytes for these heaps and the keys outside them
 * @param keysInFile whether keys stay in a file until they are loaded
 */
export function planMemory(
  plan: Plan,
  jobs = 1,
  budget?: number,
  machine: number = machineBytes(),
  keysInFile = false,
): MemoryPlan {
  const planned = (bytes: number) => planWithin(plan, jobs, bytes, machine, keysInFile);
  if (budget !== undefined) return planned(budget / jobs);
  const usual = planned(DEFAULT_HEAP_BYTES);
  return usual.fits ? usual : planned(LARGEST_HEAP_BYTES);
}

/** @param bytes for the heap of each worker */
function planWithin(
  plan: Plan,
  jobs: number,
  bytes: number,
  machine: number,
  keysInFile: boolean,
): MemoryPlan {
  const limits = { heap: Math.min(bytes, LARGEST_HEAP_BYTES), machine };
  const levels = keyLevels(plan);
  const storedKeys = keysInFile ? 0 : storedKeysBytes(plan.params, levels);
  const heap = Math.min(limits.heap, (machine - storedKeys) / jobs);
  const planned = (capacities: KeyCapacities): MemoryPlan => {
    const whole = predictMemory(plan, jobs, capacities);
    const prediction = { ...whole, storedKeys, total: storedKeys + jobs * whole.heap };
    return { capacities, prediction, limits, fits: prediction.heap <= heap };
  };
  const all = planned(allKeys(levels));
  if (all.fits) return all;
  const least = planned(oneKey(levels));
  if (!least.fits) return least;
  const room = least.prediction.loadedKeys + roomLeft(least.prediction, heap);
  return planned(defined(keyCapacities(plan.params, levels, keyUses(plan.ops), room)));
}

/**
 * Plans the memory of an evaluation that is about to begin.
 *
 * @throws ShoalError if it does not fit
 */
export function requireMemory(
  plan: Plan,
  jobs = 1,
  budget?: number,
  keysInFile = false,
): MemoryPlan {
  const planned = planMemory(plan, jobs, budget, undefined, keysInFile);
  if (!planned.fits) throw memoryError(planned.prediction, jobs, planned.limits);
  return planned;
}
