import { defined } from '../lookup.ts';
import { ciphertextBytes } from '../plan/ciphertext-bytes.ts';
import { operands } from '../plan/liveness.ts';
import type { CkksPlan } from '../plan/plan.ts';
import { isReplicated } from '../plan/worker-shares.ts';
import { cipherProperties } from '../schemes/ckks/scales.ts';
import { type CostModel, costRing, operationTimes, transferMs } from './cost-model.ts';
import { listSchedule, type Schedule, type Task } from './schedule.ts';

/**
 * Predicts the time of one evaluation of a plan, from the first operation to the last, when uploads
 * and keys are already loaded: the length of its schedule.
 *
 * @param jobs number of workers, 1 or more
 * @returns milliseconds
 */
export function predictTime(plan: CkksPlan, model: CostModel, jobs: number): number {
  return schedulePlan(plan, model, jobs).ms;
}

/**
 * Distributes a plan's operations on ciphertexts to workers, each with its own instance of SEAL.
 *
 * Every worker receives the uploads it needs and computes the clear values it needs. A ciphertext
 * that another worker needs is transferred, in the time of the worker that receives it. If
 * distributing gains nothing, the first worker does everything in the order of the plan, in the sum
 * of the operations' times.
 *
 * @param jobs number of workers, 1 or more
 */
export function schedulePlan(plan: CkksPlan, model: CostModel, jobs: number): Schedule {
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new RangeError(`jobs must be a whole number of at least 1, not ${jobs}`);
  const tasks = tasksOf(plan, model);
  const schedule = jobs > 1 ? listSchedule(tasks, jobs) : undefined;
  const ms = tasks.reduce((total, task) => total + task.ms, 0);
  if (schedule !== undefined && schedule.ms < ms) return schedule;
  const all = tasks.flatMap(({ isReplicated }, at) => (isReplicated ? [] : [at]));
  return { ms, workers: Array.from({ length: jobs }, (_, worker) => (worker === 0 ? all : [])) };
}

/**
 * Returns a task for each operation. Only operations whose results are ciphertexts of the server
 * take time.
 */
function tasksOf(plan: CkksPlan, model: CostModel): readonly Task[] {
  const times = operationTimes(plan, model);
  const ring = costRing(plan.params);
  const { levels, sizes } = cipherProperties(plan);
  return plan.ops.map((op, at) => {
    const isShared = isReplicated(op);
    return {
      ms: defined(times[at]),
      operands: operands(op),
      transferMs: isShared ? 0 : transferMs(model, ring, defined(levels[at]), defined(sizes[at])),
      bytes: isShared ? 0 : ciphertextBytes(plan.params, defined(levels[at]), defined(sizes[at])),
      isReplicated: isShared,
    };
  });
}
