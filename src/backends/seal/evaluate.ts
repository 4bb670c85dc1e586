import type { PublicKey, SecretKey } from 'node-seal/allows';
import { uploadBytes } from '../../plan/bytes.ts';
import { type BlockData, type ClearValue, ringOf } from '../../plan/clear-ops.ts';
import type { Plan } from '../../plan/plan.ts';
import { keyLevels } from '../../schemes/ckks/key-levels.ts';
import { keyUses } from '../../schemes/ckks/key-needs.ts';
import type { KeyCapacities } from '../../schemes/ckks/key-paging.ts';
import { demandMemory } from '../../schemes/ckks/memory-budget.ts';
import {
  type EvaluateOptions,
  type Evaluation,
  type Instance,
  peakRssBytes,
  readInput,
  readOutputs,
} from '../evaluation.ts';
import { decryptAll, encryptUploads, measureBudgets } from './client.ts';
import { Evaluator, type RunResult } from './evaluator.ts';
import { KeyCache } from './key-cache.ts';
import { KeyContexts } from './key-contexts.ts';
import { generateKeyStore, generateSecretKey, keyStoreBytes, loadPublicKey } from './key-store.ts';
import { createPlanContext, type PlanContext } from './plan-context.ts';
import { heapBytes, loadSeal, type Seal } from './runtime.ts';
import { Scope } from './scope.ts';

/**
 * Encrypts, evaluates and decrypts with SEAL, client and server in one process, with one key generation.
 * Where the plan allows it, up to N/2/slots instances share their ciphertexts; others run one after
 * another.
 *
 * @param instances inputs by name, checked against the plan's inputs beforehand
 * @throws MemoryError before anything is done; SealError, DataError, or the signal's reason; all of SEAL's objects are freed then too
 */
export async function evaluateEncrypted(
  plan: Plan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { capacities } = demandMemory(plan, 1, options.memory);
  const seal = await loadSeal();
  const scope = new Scope();
  try {
    return await evaluateIn(scope, seal, plan, capacities, instances, options);
  } finally {
    scope.delete();
  }
}

async function evaluateIn(
  scope: Scope,
  seal: Seal,
  plan: Plan,
  capacities: KeyCapacities,
  instances: readonly Instance[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const clock = new Clock();
  const context = clock.time('setup', () => scope.own(createPlanContext(seal, plan)));
  const contexts = scope.own(new KeyContexts(context));
  const secretKey = scope.own(generateSecretKey(context));
  const store = clock.time('keygen', () =>
    generateKeyStore(context, contexts, secretKey, keyLevels(plan), (done, total) =>
      options.onProgress?.(done, total, 'keygen'),
    ),
  );
  const publicKey = scope.own(loadPublicKey(context, store));
  const keys = scope.own(new KeyCache(context, contexts, store, keyUses(plan.ops), capacities));
  const evaluator = scope.own(new Evaluator(context, publicKey, keys, plan));

  const outputs: ReadonlyMap<string, Float64Array>[] = [];
  const budgets = new Budgets(plan);
  const capacity = plan.batchable ? context.slotCount / plan.slots : 1;
  for (let from = 0; from < instances.length; from += capacity) {
    const batch = instances.slice(from, from + capacity);
    outputs.push(
      ...(await evaluateBatch(
        { plan, context, publicKey, secretKey, evaluator, clock, budgets },
        batch,
        options,
      )),
    );
  }
  const runs = Math.ceil(instances.length / capacity);
  return {
    outputs,
    ...(plan.scheme === 'ckks' ? {} : { noiseBudgets: budgets.least() }),
    timings: clock.timings(),
    memory: {
      peakRssBytes: peakRssBytes(),
      heapBytes: heapBytes(),
      keyBytes: keyStoreBytes(store),
      uploadBytes: runs * uploadBytes(plan),
    },
  };
}

interface Session {
  readonly plan: Plan;
  readonly context: PlanContext;
  readonly publicKey: PublicKey;
  readonly secretKey: SecretKey;
  readonly evaluator: Evaluator;
  readonly clock: Clock;
  readonly budgets: Budgets;
}

async function evaluateBatch(
  session: Session,
  batch: readonly Instance[],
  options: EvaluateOptions,
): Promise<ReadonlyMap<string, Float64Array>[]> {
  const { plan, context, publicKey, secretKey, evaluator, clock } = session;
  const data = batchData(plan, batch, context.slotCount);
  const total = plan.ops.filter((op) => op.op === 'upload').length;
  let done = 0;
  const uploads = clock.time('encrypt', () =>
    encryptUploads(context, publicKey, plan, data, () =>
      options.onProgress?.(++done, total, 'encrypt'),
    ),
  );
  const result = await clock.timeAsync('evaluate', () => evaluator.run(uploads, data, options));
  try {
    const vectors = clock.time('decrypt', () => decryptAll(context, secretKey, result.ciphers));
    if (plan.scheme !== 'ckks')
      session.budgets.note(measureBudgets(context, secretKey, result.ciphers));
    options.onProgress?.(result.ciphers.size, result.ciphers.size, 'decrypt');
    return batch.map((_, block) => readOutputs(plan, valuesOf(result, vectors), block));
  } finally {
    for (const cipher of result.ciphers.values()) cipher.delete();
  }
}

/**
 * Instances side by side: one block for one, else as many as there are places, the last instance
 * repeated, so that no place holds data outside the inputs' ranges.
 */
export function batchData(plan: Plan, batch: readonly Instance[], slotCount: number): BlockData {
  return {
    ring: ringOf(plan),
    slots: plan.slots,
    blocks: batch.length === 1 ? 1 : slotCount / plan.slots,
    read: (input, block) => readInput(batch[Math.min(block, batch.length - 1)]!, input),
  };
}

function valuesOf(
  result: RunResult,
  vectors: ReadonlyMap<number, Float64Array>,
): (index: number) => ClearValue {
  return (index) => vectors.get(index) ?? result.clears.get(index)!;
}

/** Noise budgets of a plan's outputs, the least of all runs. */
class Budgets {
  readonly #plan: Plan;
  readonly #least = new Map<number, number>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  note(budgets: ReadonlyMap<number, number>): void {
    for (const [value, bits] of budgets)
      this.#least.set(value, Math.min(bits, this.#least.get(value) ?? bits));
  }

  least(): Readonly<Record<string, number | null>> {
    return Object.fromEntries(
      this.#plan.outputs.map(({ name, value }) => [name, this.#least.get(value) ?? null]),
    );
  }
}

type Phase = 'setup' | 'keygen' | 'encrypt' | 'evaluate' | 'decrypt';

/** Adds up wall-clock ms by phase. */
class Clock {
  readonly #spent = { setup: 0, keygen: 0, encrypt: 0, evaluate: 0, decrypt: 0 };

  time<T>(phase: Phase, action: () => T): T {
    const start = performance.now();
    try {
      return action();
    } finally {
      this.#spent[phase] += performance.now() - start;
    }
  }

  async timeAsync<T>(phase: Phase, action: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await action();
    } finally {
      this.#spent[phase] += performance.now() - start;
    }
  }

  timings(): Evaluation['timings'] {
    return { ...this.#spent };
  }
}
