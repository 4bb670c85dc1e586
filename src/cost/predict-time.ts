import { defined } from '../lookup.ts';
import { ciphertextBytes } from '../plan/ciphertext-bytes.ts';
import { operands } from '../plan/liveness.ts';
import type { CkksPlan } from '../plan/plan.ts';
import { isGiven } from '../plan/worker-shares.ts';
import { cipherProperties } from '../schemes/ckks/scales.ts';
import { type CostModel, costRing, operationTimes, transferMs } from './cost-model.ts';
import { listSchedule, type Schedule, type Task } from './schedule.ts';

/**
 * Predicts how long the evaluation of a plan takes once, from the first operation to the last, with
 * uploads and keys in place: the length of its schedule.
 *
 * @param jobs workers, 1 or more
 * @returns milliseconds
 */
export function predictTime(plan: CkksPlan, model: CostModel, jobs: number): number {
  return schedulePlan(plan, model, jobs).ms;
}

/**
 * Distributes a plan's operations on ciphertexts to workers, each with an instance of SEAL of its own.
 *
 * Every worker is given the uploads it needs and computes the values in clear it needs. A ciphertext that
 * another worker needs is brought there, which takes the time of the one who gets it. Where that does not
 * pay, the first worker does all, in the order of the plan; one worker takes the sum of the operations.
 *
 * @param jobs workers, 1 or more
 */
export function schedulePlan(plan: CkksPlan, model: CostModel, jobs: number): Schedule {
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new RangeError(`${jobs} jobs: there is no such pool`);
  const tasks = tasksOf(plan, model);
  const schedule = jobs > 1 ? listSchedule(tasks, jobs) : undefined;
  const ms = tasks.reduce((total, task) => total + task.ms, 0);
  if (schedule !== undefined && schedule.ms < ms) return schedule;
  const all = tasks.flatMap(({ isReplicated }, at) => (isReplicated ? [] : [at]));
  return { ms, workers: Array.from({ length: jobs }, (_, worker) => (worker === 0 ? all : [])) };
}

/** A task for each operation. Operations whose results are ciphertexts of the server take time. */
function tasksOf(plan: CkksPlan, model: CostModel): readonly Task[] {
  const times = operationTimes(plan, model);
  const ring = costRing(plan.params);
  const { levels, sizes } = cipherProperties(plan);
  return plan.ops.map((op, at) => {
    const isReplicated = isGiven(op);
    return {
      ms: defined(times[at]),
      operands: operands(op),
      transferMs: isReplicated
        ? 0
        : transferMs(model, ring, defined(levels[at]), defined(sizes[at])),
      bytes: isReplicated
        ? 0
        : ciphertextBytes(plan.params, defined(levels[at]), defined(sizes[at])),
      isReplicated,
    };
  });
}
