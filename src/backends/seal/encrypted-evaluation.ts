import type { PublicKey, SecretKey } from 'node-seal/allows';
import { defined, lookUp } from '../../lookup.ts';
import { uploadBytes } from '../../plan/ciphertext-bytes.ts';
import { type BlockData, type ClearValue, ringOf } from '../../plan/clear-ops.ts';
import type { Plan } from '../../plan/plan.ts';
import { withPrecomputed } from '../../plan/precomputed.ts';
import type { Share } from '../../plan/worker-shares.ts';
import { peakRssBytes } from '../../platform/machine.ts';
import { SCHEMES } from '../../schemes/schemes.ts';
import {
  type EvaluateOptions,
  type Evaluation,
  type Instance,
  readInput,
  readOutputs,
} from '../evaluation.ts';
import { decryptAll, encryptUploads } from './client.ts';
import { setUpClient } from './client-setup.ts';
import {
  type EvaluationSetup,
  equipTeam,
  runTeam,
  sharesFor,
  withWorkers,
} from './evaluation-team.ts';
import type { RunResult } from './evaluator.ts';
import { keyStoreBytes } from './key-store.ts';
import { LeastBudgets } from './least-budgets.ts';
import { heapBytes } from './load-seal.ts';
import type { PlanContext } from './plan-context.ts';
import type { Team } from './team.ts';

/**
 * Encrypts, evaluates and decrypts with SEAL, client and server in one process. Keys are generated
 * once. If the plan allows it, instances share ciphertexts, as many as have room in the slots;
 * others run one after another. Up to `jobs` threads share the operations, if that is predicted to
 * be faster.
 *
 * @param instances inputs by name, already checked against the plan
 * @throws ShoalError `memory-too-small` before it starts, `evaluation-failed`, `division-by-zero`
 *   or `noise-budget-used-up`; or the signal's reason. Either way all of SEAL's objects are freed
 *   and all threads have ended.
 */
export async function encryptedEvaluation(
  plan: Plan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const shares = sharesFor(plan, batchesOf(plan, instances).length, options);
  return evaluateShares(plan, shares, instances, options);
}

/**
 * Evaluates as {@link encryptedEvaluation} does, with operations that are distributed already. This
 * thread evaluates the first share.
 */
export async function evaluateShares(
  plan: Plan,
  shares: readonly Share[],
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const batches = batchesOf(plan, instances);
  return withWorkers(plan, shares, batches.length, options, (setup) => evaluateIn(setup, batches));
}

/** Divides instances into batches that share their ciphertexts. */
export function batchesOf(
  plan: Plan,
  instances: readonly Instance[],
): readonly (readonly Instance[])[] {
  const slotCount = plan.params.polyModulusDegree / SCHEMES[plan.scheme].degreePerSlot;
  const capacity = plan.batchable ? slotCount / plan.slots : 1;
  return Array.from({ length: Math.ceil(instances.length / capacity) }, (_, i) =>
    instances.slice(i * capacity, (i + 1) * capacity),
  );
}

async function evaluateIn(
  setup: EvaluationSetup,
  batches: readonly (readonly Instance[])[],
): Promise<Evaluation> {
  const { plan, shares, pool, clock } = setup;
  const { session, keyBytes } = await prepare(setup);
  const outputs: ReadonlyMap<string, Float64Array>[] = [];
  for (const batch of batches) {
    for (const output of await evaluateBatch(session, batch)) outputs.push(output);
  }
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

interface Session extends EvaluationSetup {
  readonly context: PlanContext;
  readonly publicKey: PublicKey;
  readonly secretKey: SecretKey;
  readonly team: Team;
  readonly budgets: LeastBudgets;
}

/** Creates context and keys, while other workers create their contexts, and gives them the keys. */
async function prepare(setup: EvaluationSetup): Promise<{ session: Session; keyBytes: number }> {
  const { scope, seal, plan, pool, report } = setup;
  pool.signal.throwIfAborted();
  const client = setUpClient(scope, seal, plan, setup);
  report(0, 0, 'setup');
  const team = await equipTeam(setup, client);
  const { context, secretKey, publicKey, store } = client;
  const budgets = new LeastBudgets(plan);
  const session = { ...setup, context, publicKey, secretKey, team, budgets };
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
  const result = await clock.timeAsync('evaluate', () => runTeam(session.team, session, data));
  try {
    report(0, result.ciphers.size, 'decrypt');
    const { vectors, budgets } = clock.time('decrypt', () =>
      decryptAll(context, secretKey, result.ciphers),
    );
    session.budgets.note(budgets);
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

/**
 * Returns the data of a batch: one block for a single instance, else as many blocks as the slots
 * have room for. Blocks that the batch does not fill repeat its last instance, so that no slot
 * contains data outside the inputs' ranges.
 */
export function batchData(plan: Plan, batch: readonly Instance[], slotCount: number): BlockData {
  const readers = batch.map((instance) =>
    withPrecomputed(plan, (input) => readInput(instance, input)),
  );
  return {
    ring: ringOf(plan),
    slots: plan.slots,
    blocks: batch.length === 1 ? 1 : slotCount / plan.slots,
    read: (input, block) => defined(readers[Math.min(block, batch.length - 1)])(input),
  };
}

function valuesOf(
  result: RunResult,
  vectors: ReadonlyMap<number, Float64Array>,
): (index: number) => ClearValue {
  return (index) => vectors.get(index) ?? lookUp(result.clears, index);
}
