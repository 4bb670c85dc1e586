import type { PublicKey } from 'node-seal/allows';
import { BUILT_IN_COST } from '../../cost/built-in-cost.ts';
import { at } from '../../lookup.ts';
import { requireMemory } from '../../memory/memory-budget.ts';
import type { BlockData } from '../../plan/clear-ops.ts';
import type { Plan } from '../../plan/plan.ts';
import { type Share, wholePlan } from '../../plan/worker-shares.ts';
import type { EvaluateOptions } from '../evaluation.ts';
import { distribute } from './distribution.ts';
import type { RunResult } from './evaluator.ts';
import type { KeyContexts } from './key-contexts.ts';
import type { KeyStore } from './key-store.ts';
import { loadSeal, type Seal } from './load-seal.ts';
import { Clock } from './phase-clock.ts';
import type { PlanContext } from './plan-context.ts';
import { ProgressMeter } from './progress-meter.ts';
import { Links } from './result-exchange.ts';
import { Scope } from './scope.ts';
import { shareEvaluator } from './share-evaluator.ts';
import { Team } from './team.ts';
import { type Work, WorkerPool } from './worker-pool.ts';

/** The server's side: the workers, from their start to their end. It has no secret key. */

/** Time between two reports of progress, in ms. */
const REPORT_INTERVAL = 100;

type Report = NonNullable<EvaluateOptions['onProgress']>;

/** The objects that an evaluation uses from its start. */
export interface EvaluationSetup extends Work {
  readonly scope: Scope;
  readonly seal: Seal;
  readonly pool: WorkerPool;
  readonly meter: ProgressMeter;
  readonly clock: Clock;
  readonly report: Report;
}

/** Options of {@link withWorkers}. */
export interface TeamOptions extends EvaluateOptions {
  /** Whether keys stay in a file until they are loaded, so that stored keys take no memory. */
  readonly keysInFile?: boolean;
}

/** Returns the operations by worker, for the number of workers that is predicted to be fastest. */
export function sharesFor(plan: Plan, runs: number, options: EvaluateOptions): readonly Share[] {
  const { jobs = 1, cost = BUILT_IN_COST, memory } = options;
  // BFV and BGV have no predicted times to distribute by, so one thread does all operations.
  return plan.scheme === 'ckks'
    ? distribute(plan, cost, { jobs, runs, memory }).shares
    : [wholePlan(plan)];
}

/**
 * Starts workers for the shares of a plan, calls `use`, and ends the workers. This thread is the
 * worker of the first share.
 *
 * @throws ShoalError `memory-too-small` before it starts; or what `use` throws. Either way all of
 *   SEAL's objects are freed and all threads have ended.
 */
export async function withWorkers<T>(
  plan: Plan,
  shares: readonly Share[],
  runs: number,
  options: TeamOptions,
  use: (setup: EvaluationSetup) => Promise<T>,
): Promise<T> {
  const { signal, cost = BUILT_IN_COST, onProgress: report = () => {} } = options;
  const { memory, keysInFile } = options;
  const { capacities } = requireMemory(plan, shares.length, memory, keysInFile);
  const seal = await loadSeal();
  const progress = new Int32Array(new SharedArrayBuffer(4 * shares.length)).fill(-1);
  const work = { plan, shares, capacities, progress };
  const pool = await WorkerPool.start(work);
  const abandon = (): void => pool.abandon(signal?.reason);
  signal?.addEventListener('abort', abandon);
  if (signal?.aborted) abandon();
  const scope = new Scope();
  try {
    const meter = new ProgressMeter(plan, shares, cost, runs, progress);
    return await use({ ...work, scope, seal, pool, meter, clock: new Clock(), report });
  } finally {
    signal?.removeEventListener('abort', abandon);
    await pool.close();
    scope.delete();
  }
}

/** The context, and the keys that the client sends. */
export interface EvaluatorKeys {
  readonly context: PlanContext;
  readonly contexts: KeyContexts;
  readonly publicKey: PublicKey;
  readonly store: KeyStore;
}

/** Gives the workers their keys and waits until they are ready. */
export async function equipTeam(setup: EvaluationSetup, keys: EvaluatorKeys): Promise<Team> {
  const { scope, seal, pool, clock } = setup;
  pool.giveKeys(keys.store);
  const exchange = new Links(seal, pool.ports);
  pool.signal.addEventListener('abort', () => exchange.close(pool.signal.reason));
  const parts = { ...keys, exchange, share: at(setup.shares, 0) };
  const evaluator = clock.time('setup', () => shareEvaluator(scope, { ...setup, ...parts }));
  await clock.timeAsync('setup', () => pool.ready());
  return scope.own(new Team({ ...setup, context: keys.context, evaluator }));
}

/** Runs the plan once, on the uploads that the team has received. */
export async function runTeam(
  team: Team,
  { meter, report }: Pick<EvaluationSetup, 'meter' | 'report'>,
  data: BlockData,
): Promise<RunResult> {
  const reportProgress = (): void => report(meter.done, meter.total, 'evaluate');
  const timer = setInterval(reportProgress, REPORT_INTERVAL);
  try {
    reportProgress();
    const result = await team.run(data);
    meter.nextRun();
    reportProgress();
    return result;
  } finally {
    clearInterval(timer);
  }
}
