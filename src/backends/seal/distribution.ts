import type { CostModel } from '../../cost/cost-model.ts';
import { schedulePlan } from '../../cost/predict-time.ts';
import { planMemory } from '../../memory/memory-budget.ts';
import type { CkksPlan } from '../../plan/plan.ts';
import { type Share, sharesOf, wholePlan } from '../../plan/worker-shares.ts';

/** Milliseconds that a pool takes to start, beyond what happens while the client makes context and keys. */
const START_MS = 100;

/** Several workers have to be predicted to take at most this part of the time of one. */
const WORTHWHILE = 0.9;

/** A plan's operations by worker; the first one is the client's own thread. */
export interface Distribution {
  readonly shares: readonly Share[];
  /** Predicted time of a run. */
  readonly ms: number;
}

/** What decides how many workers there are. */
export interface WorkerLimits {
  /** Most workers. */
  readonly jobs: number;
  /** How often the plan is run. */
  readonly runs: number;
  /** See `EvaluateOptions`. */
  readonly memory?: number | undefined;
}

/**
 * Distributes a plan to workers: so many of them that all runs are predicted to be done first, as long as
 * they fit in memory, and only one where more gain less than a tenth.
 */
export function distribute(
  plan: CkksPlan,
  model: CostModel,
  { jobs, runs, memory }: WorkerLimits,
): Distribution {
  const one: Distribution = { shares: [wholePlan(plan)], ms: schedulePlan(plan, model, 1).ms };
  let [best, least] = [one, WORTHWHILE * runs * one.ms];
  for (let workers = jobs; workers > 1; workers = Math.ceil(workers / 2)) {
    const several = distributeTo(plan, model, workers);
    const total = START_MS + runs * several.ms;
    const used = several.shares.length;
    if (used > 1 && total < least && planMemory(plan, used, memory).fits) {
      [best, least] = [several, total];
    }
  }
  return best;
}

/** Distributes a plan to `workers` workers, as far as they are of use. */
export function distributeTo(plan: CkksPlan, model: CostModel, workers: number): Distribution {
  const { ms, workers: orders } = schedulePlan(plan, model, workers);
  const busy = orders.filter((order, worker) => worker === 0 || order.length > 0);
  return { shares: sharesOf(plan, busy), ms };
}
