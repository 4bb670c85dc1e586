import type { CostModel } from '../../cost/cost-model.ts';
import { schedulePlan } from '../../cost/predict-time.ts';
import { planMemory } from '../../memory/memory-budget.ts';
import type { CkksPlan } from '../../plan/plan.ts';
import { type Share, sharesOf, wholePlan } from '../../plan/worker-shares.ts';

/** Time in ms that starting a pool adds to the client's own setup, which runs at the same time. */
const START_MS = 100;

/** Several workers are used if their predicted time is less than this fraction of one worker's. */
const WORTHWHILE = 0.9;

/** A plan's operations by worker. The first worker is the client's own thread. */
export interface Distribution {
  readonly shares: readonly Share[];
  /** Predicted time of a run in ms. */
  readonly ms: number;
}

/** The facts that decide how many workers there are. */
export interface WorkerLimits {
  /** Limit on the number of workers. */
  readonly jobs: number;
  /** Number of runs of the plan. */
  readonly runs: number;
  /** See `EvaluateOptions`. */
  readonly memory?: number | undefined;
}

/**
 * Distributes a plan to the number of workers with the shortest predicted time for all runs. Tries
 * `jobs`, half of that and so on. Uses one worker if more do not fit in memory or gain less than a
 * tenth.
 */
export function distribute(
  plan: CkksPlan,
  model: CostModel,
  { jobs, runs, memory }: WorkerLimits,
): Distribution {
  const one: Distribution = { shares: [wholePlan(plan)], ms: schedulePlan(plan, model, 1).ms };
  let [best, shortest] = [one, WORTHWHILE * runs * one.ms];
  for (let workers = jobs; workers > 1; workers = Math.ceil(workers / 2)) {
    const several = distributeTo(plan, model, workers);
    const total = START_MS + runs * several.ms;
    const used = several.shares.length;
    if (used > 1 && total < shortest && planMemory(plan, used, memory).fits) {
      [best, shortest] = [several, total];
    }
  }
  return best;
}

/** Distributes a plan to `workers` workers, or fewer if some would have nothing to do. */
export function distributeTo(plan: CkksPlan, model: CostModel, workers: number): Distribution {
  const { ms, workers: orders } = schedulePlan(plan, model, workers);
  const busy = orders.filter((order, worker) => worker === 0 || order.length > 0);
  return { shares: sharesOf(plan, busy), ms };
}
