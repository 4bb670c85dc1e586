import { operands } from '../../plan/liveness.ts';
import type { CkksPlan } from '../../plan/plan.ts';
import { type CostModel, costRing, operationTimes, transferMs } from './cost.ts';
import { cipherForms } from './scales.ts';
import { scheduleLength, type Task } from './schedule.ts';

/**
 * Predicts how long the evaluation of a plan takes once, from the first operation to the last, with
 * uploads and keys in place.
 *
 * With one job that is the sum of the operations. With more, operations are scheduled on that many
 * workers, each with an instance of SEAL of its own; uploads are with the first, and a ciphertext that
 * another worker needs is brought there, which takes the time of the one who gets it. Where that does not
 * pay, the work stays on one worker.
 *
 * @param jobs workers, 1 or more
 * @returns milliseconds
 */
export function predictTime(plan: CkksPlan, model: CostModel, jobs: number): number {
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new RangeError(`${jobs} jobs: there is no such pool`);
  const times = operationTimes(plan, model);
  const sum = times.reduce((total, ms) => total + ms, 0);
  return jobs === 1 ? sum : Math.min(sum, scheduleLength(tasksOf(plan, model, times), jobs));
}

/** Operations that take time, and the uploads that they read. */
function tasksOf(plan: CkksPlan, model: CostModel, times: Float64Array): readonly Task[] {
  const ring = costRing(plan.params);
  const { levels, sizes } = cipherForms(plan);
  return plan.ops.map((op, at) => ({
    ms: times[at]!,
    // Values in clear are computed by every worker that needs them.
    operands: operands(op).filter((arg) => levels[arg]! >= 0),
    transferMs: levels[at]! < 0 ? 0 : transferMs(model, ring, levels[at]!, sizes[at]!),
    onFirst: op.op === 'upload',
  }));
}
