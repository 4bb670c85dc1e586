import type { PublicKey, SecretKey } from 'node-seal/allows';
import { BUILT_IN_COST } from '../../cost/built-in-cost.ts';
import { demandMemory } from '../../memory/memory-budget.ts';
import { uploadBytes } from '../../plan/bytes.ts';
import { type BlockData, type ClearValue, ringOf } from '../../plan/clear-ops.ts';
import type { Plan } from '../../plan/plan.ts';
import { withPrecomputed } from '../../plan/precomputed.ts';
import { type Share, wholePlan } from '../../plan/share.ts';
import {
  type EvaluateOptions,
  type Evaluation,
  type Instance,
  peakRssBytes,
  readInput,
  readOutputs,
} from '../evaluation.ts';
import { decryptAll, encryptUploads, measureBudgets } from './client.ts';
import { setUpClient } from './client-setup.ts';
import { Clock } from './clock.ts';
import { distribute } from './distribution.ts';
import type { RunResult } from './evaluator.ts';
import { Links } from './exchange.ts';
import { keyStoreBytes } from './key-store.ts';
import { LeastBudgets } from './least-budgets.ts';
import type { PlanContext } from './plan-context.ts';
import { ProgressMeter } from './progress-meter.ts';
import { heapBytes, loadSeal, type Seal } from './runtime.ts';
import { Scope } from './scope.ts';
import { shareEvaluator } from './share-evaluator.ts';
import { Team } from './team.ts';
import { type Work, WorkerPool } from './worker-pool.ts';

/** Milliseconds between two reports of progress. */
const reportInterval = 100;

/**
 * Encrypts, evaluates and decrypts with SEAL, client and server in one process, with one key generation.
 * Where the plan allows it, up to N/2/slots instances share their ciphertexts; others run one after
 * another. Operations are distributed to up to `jobs` threads, if that is predicted to pay.
 *
 * @param instances inputs by name, checked against the plan's inputs beforehand
 * @throws MemoryError before anything is done; SealError, DataError, or the signal's reason; all of SEAL's objects are freed, and all threads
 *   have ended, then too
 */
export async function evaluateEncrypted(
  plan: Plan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { jobs = 1, cost = BUILT_IN_COST, memory } = options;
  const runs = batchesOf(plan, instances).length;
  // Without a prediction of times one thread does all.
  const shares =
    plan.scheme === 'ckks'
      ? distribute(plan, cost, { jobs, runs, memory }).shares
      : [wholePlan(plan)];
  return evaluateShares(plan, shares, instances, options);
}

/** The same with operations that are distributed already: the first share is done by this thread. */
export async function evaluateShares(
  plan: Plan,
  shares: readonly Share[],
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { signal, cost = BUILT_IN_COST, onProgress: report = () => {} } = options;
  const { capacities } = demandMemory(plan, shares.length, options.memory);
  const seal = await loadSeal();
  const places = new Int32Array(new SharedArrayBuffer(4 * shares.length)).fill(-1);
  const work = { plan, shares, capacities, places };
  const pool = await WorkerPool.start(work);
  const abandon = (): void => pool.abandon(signal?.reason);
  signal?.addEventListener('abort', abandon);
  if (signal?.aborted) abandon();
  const scope = new Scope();
  try {
    const batches = batchesOf(plan, instances);
    const meter = new ProgressMeter(plan, shares, cost, batches.length, places);
    const clock = new Clock();
    return await evaluateIn({ ...work, scope, seal, pool, meter, clock, report }, batches);
  } finally {
    signal?.removeEventListener('abort', abandon);
    await pool.close();
    scope.delete();
  }
}

/** Instances that share their ciphertexts: with room for all of them side by side, one batch. */
export function batchesOf(
  plan: Plan,
  instances: readonly Instance[],
): readonly (readonly Instance[])[] {
  const slotCount = plan.params.polyModulusDegree / (plan.scheme === 'ckks' ? 2 : 1);
  const capacity = plan.batchable ? slotCount / plan.slots : 1;
  return Array.from({ length: Math.ceil(instances.length / capacity) }, (_, i) =>
    instances.slice(i * capacity, (i + 1) * capacity),
  );
}

type Report = NonNullable<EvaluateOptions['onProgress']>;

/** What an evaluation is done with, from its start. */
interface Means extends Work {
  readonly scope: Scope;
  readonly seal: Seal;
  readonly pool: WorkerPool;
  readonly meter: ProgressMeter;
  readonly clock: Clock;
  readonly report: Report;
}

async function evaluateIn(
  means: Means,
  batches: readonly (readonly Instance[])[],
): Promise<Evaluation> {
  const { plan, shares, pool, clock } = means;
  const { session, keyBytes } = await prepare(means);
  const outputs: ReadonlyMap<string, Float64Array>[] = [];
  for (const batch of batches) outputs.push(...(await evaluateBatch(session, batch)));
  return {
    outputs,
    ...(plan.scheme === 'ckks' ? {} : { noiseBudgets: session.budgets.ofOutputs() }),
    jobs: shares.length,
    timings: clock.timings(),
    memory: {
      peakRssBytes: peakRssBytes(),
      heapBytes: heapBytes() + pool.heapBytes,
      keyBytes,
      uploadBytes: batches.length * uploadBytes(plan),
    },
  };
}

interface Session extends Means {
  readonly context: PlanContext;
  readonly publicKey: PublicKey;
  readonly secretKey: SecretKey;
  readonly team: Team;
  readonly budgets: LeastBudgets;
}

/** Makes context and keys, while the other workers make their contexts, and gives them their keys. */
async function prepare(means: Means): Promise<{ session: Session; keyBytes: number }> {
  const { scope, seal, plan, pool, clock, report } = means;
  pool.signal.throwIfAborted();
  const { context, contexts, secretKey, publicKey, store } = setUpClient(scope, seal, plan, means);
  report(0, 0, 'setup');
  pool.giveKeys(store);
  const exchange = new Links(seal, pool.ports);
  pool.signal.addEventListener('abort', () => exchange.close(pool.signal.reason));
  const parts = { context, contexts, store, publicKey, exchange, share: means.shares[0]! };
  const evaluator = clock.time('setup', () => shareEvaluator(scope, { ...means, ...parts }));
  await clock.timeAsync('setup', () => pool.ready());
  const team = scope.own(new Team({ ...means, context, evaluator }));
  const budgets = new LeastBudgets(plan);
  const session = { ...means, context, publicKey, secretKey, team, budgets };
  return { session, keyBytes: keyStoreBytes(store) };
}

async function evaluateBatch(
  session: Session,
  batch: readonly Instance[],
): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
  const { plan, context, secretKey, pool, clock, report } = session;
  pool.signal.throwIfAborted();
  const data = batchData(plan, batch, context.slotCount);
  clock.time('encrypt', () => encrypt(session, data));
  const result = await clock.timeAsync('evaluate', () => run(session, data));
  try {
    report(0, result.ciphers.size, 'decrypt');
    const vectors = clock.time('decrypt', () => decryptAll(context, secretKey, result.ciphers));
    if (plan.scheme !== 'ckks')
      session.budgets.note(measureBudgets(context, secretKey, result.ciphers));
    report(result.ciphers.size, result.ciphers.size, 'decrypt');
    return batch.map((_, block) => readOutputs(plan, valuesOf(result, vectors), block));
  } finally {
    for (const cipher of result.ciphers.values()) cipher.delete();
  }
}

function encrypt({ plan, context, publicKey, team, report }: Session, data: BlockData): void {
  const total = plan.ops.filter((op) => op.op === 'upload').length;
  let done = 0;
  report(done, total, 'encrypt');
  encryptUploads(context, publicKey, plan, data, (at, cipher) => {
    team.giveUpload(at, cipher);
    report(++done, total, 'encrypt');
  });
}

async function run({ team, meter, report }: Session, data: BlockData): Promise<RunResult> {
  const progress = (): void => report(meter.done, meter.total, 'evaluate');
  const timer = setInterval(progress, reportInterval);
  try {
    progress();
    const result = await team.run(data);
    meter.nextRun();
    progress();
    return result;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Instances side by side: one block for one, else as many as there are places, the last instance
 * repeated, so that no place holds data outside the inputs' ranges.
 */
export function batchData(plan: Plan, batch: readonly Instance[], slotCount: number): BlockData {
  const readers = batch.map((instance) =>
    withPrecomputed(plan, (input) => readInput(instance, input)),
  );
  return {
    ring: ringOf(plan),
    slots: plan.slots,
    blocks: batch.length === 1 ? 1 : slotCount / plan.slots,
    read: (input, block) => readers[Math.min(block, batch.length - 1)]!(input),
  };
}

function valuesOf(
  result: RunResult,
  vectors: ReadonlyMap<number, Float64Array>,
): (index: number) => ClearValue {
  return (index) => vectors.get(index) ?? result.clears.get(index)!;
}
