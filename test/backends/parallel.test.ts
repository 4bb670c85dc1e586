import { MessageChannel, type Worker } from 'node:worker_threads';
import fc from 'fast-check';
import type { PublicKey, SecretKey } from 'node-seal/allows';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Instance } from '../../src/backends/evaluation.ts';
import { type CkksContext, createContext } from '../../src/backends/seal/ckks-context.ts';
import { decryptAll, encryptUploads } from '../../src/backends/seal/client.ts';
import { distribute, distributeTo } from '../../src/backends/seal/distribution.ts';
import {
  encryptedEvaluation,
  evaluateShares,
} from '../../src/backends/seal/encrypted-evaluation.ts';
import { Evaluator, type RunResult } from '../../src/backends/seal/evaluator.ts';
import { KeyContexts } from '../../src/backends/seal/key-contexts.ts';
import {
  generateKeyStore,
  generateSecretKey,
  type KeyStore,
  loadPublicKey,
} from '../../src/backends/seal/key-store.ts';
import { heapBytes, loadSeal } from '../../src/backends/seal/load-seal.ts';
import { Links, loadCipher, savedBytes } from '../../src/backends/seal/result-exchange.ts';
import { Scope } from '../../src/backends/seal/scope.ts';
import { shareEvaluator } from '../../src/backends/seal/share-evaluator.ts';
import { Team } from '../../src/backends/seal/team.ts';
import { WorkerPool } from '../../src/backends/seal/worker-pool.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import type { CostModel } from '../../src/cost/cost-model.ts';
import { defined } from '../../src/lookup.ts';
import { keyNeeds } from '../../src/memory/key-needs.ts';
import { allKeys, type KeyCapacities } from '../../src/memory/key-paging.ts';
import { type BlockData, REALS } from '../../src/plan/clear-ops.ts';
import type { CkksOp, CkksPlan, CkksSketch } from '../../src/plan/plan.ts';
import { type Share, sharesOf } from '../../src/plan/worker-shares.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { coded } from '../support/coded.ts';
import { cases, SAMPLED } from '../support/sampling.ts';
import { instance, largestFraction, planOf, sketchOf, vectorMap } from './plans.ts';
import { randomPlan } from './random-plan.ts';

/** A cost model with free transfers, so that other workers get small operations, too. */
const eager: CostModel = {
  ...BUILT_IN_COST,
  terms: { ...BUILT_IN_COST.terms, transfer: { call: 0, coefficient: 0 } },
};

const shared = (plan: CkksPlan, workers: number): readonly Share[] =>
  distributeTo(plan, eager, workers).shares;

/**
 * Returns a plan of the sum of (r + p)·r over `width` rotations r of x.
 *
 * @param third the operation with index 2, after the inputs
 * @param special number of the product that reads it instead of p
 */
function widePlan(
  width: number,
  third: CkksOp = { op: 'const', data: 0.25 },
  special = 0,
): CkksPlan {
  const map = vectorMap(64);
  const ops: CkksOp[] = [
    { op: 'upload', input: 'x', map, level: 1 },
    { op: 'plainInput', input: 'p', map },
    third,
  ];
  const push = (op: CkksOp): number => ops.push(op) - 1;
  let sum: number | undefined;
  for (let steps = 1; steps <= width; steps++) {
    const turned = push({ op: 'rotate', args: [0], steps, level: 1 });
    const plain = steps === special ? 2 : 1;
    const added = push({ op: 'addPlain', args: [turned, plain], level: 1 });
    const product = push({ op: 'mul', args: [added, turned], level: 1 });
    const linear = push({ op: 'relinearize', args: [product], level: 1 });
    sum = sum === undefined ? linear : push({ op: 'add', args: [sum, linear], level: 1 });
  }
  const value = push({ op: 'rescale', args: [defined(sum)], level: 0 });
  return planOf(
    sketchOf({
      slots: 64,
      inputs: [
        { name: 'x', secrecy: 'cipher', shape: [64], range: [-1, 1] },
        { name: 'p', secrecy: 'plain', shape: [64], range: [0.5, 1] },
      ],
      ops,
      outputs: [{ name: 'y', shape: [64], value, map }],
    }),
    8,
  );
}

/** 1/p, where the range of p promises that it is not near 0. */
const inverse: CkksOp = { op: 'clearInverse', args: [1], map: vectorMap(64), least: 0.5 };

const filled = (f: (i: number) => number): number[] => Array.from({ length: 64 }, (_, i) => f(i));
const some = (): Instance =>
  instance({ x: filled(Math.sin), p: filled((i) => 0.75 + Math.cos(i) / 4) });

/** The threads that were started, as Node reports them. */
let started: Worker[] = [];
const remember = (worker: Worker): void => void started.push(worker);
beforeEach(() => {
  started = [];
  process.on('worker', remember);
});
afterEach(() => {
  process.off('worker', remember);
  for (const worker of started) expect(worker.threadId, 'a thread is left').toBe(-1);
});

/** A client with keys for a plan. Its uploads can be evaluated several times. */
interface Client {
  readonly scope: Scope;
  readonly plan: CkksPlan;
  readonly context: CkksContext;
  readonly contexts: KeyContexts;
  readonly secretKey: SecretKey;
  readonly publicKey: PublicKey;
  readonly store: KeyStore;
  readonly capacities: KeyCapacities;
}

async function clientOf(plan: CkksPlan): Promise<Client> {
  const scope = new Scope();
  const context = scope.own(createContext(await loadSeal(), plan.params));
  const contexts = scope.own(new KeyContexts(context));
  const secretKey = scope.own(generateSecretKey(context));
  const needs = keyNeeds(plan);
  const store = generateKeyStore(context, contexts, secretKey, needs);
  const publicKey = scope.own(loadPublicKey(context, store));
  return {
    scope,
    plan,
    context,
    contexts,
    secretKey,
    publicKey,
    store,
    capacities: allKeys(needs),
  };
}

function dataOf({ slots }: CkksPlan, { inputs }: Instance): BlockData {
  return { ring: REALS, slots, blocks: 1, read: (name) => defined(inputs.get(name)) };
}

type Uploads = ReadonlyMap<number, Uint8Array>;

function uploadsOf({ context, publicKey, plan }: Client, data: BlockData): Uploads {
  const uploads = new Map<number, Uint8Array>();
  encryptUploads(context, publicKey, plan, data, (at, cipher) => {
    uploads.set(at, savedBytes(context.seal, cipher));
    cipher.delete();
  });
  return uploads;
}

/** Evaluates uploads and returns all slots of all outputs, decrypted. */
async function evaluate(
  client: Client,
  shares: readonly Share[],
  uploads: Uploads,
  data: BlockData,
): Promise<ReadonlyMap<number, unknown>> {
  const { plan, context, store, capacities } = client;
  const progress = new Int32Array(new SharedArrayBuffer(4 * shares.length));
  const work = { plan, shares, capacities, progress };
  const pool = await WorkerPool.start(work);
  const scope = new Scope();
  try {
    pool.giveKeys(store);
    await pool.ready();
    const exchange = new Links(context.seal, pool.ports);
    const evaluator = shareEvaluator(scope, { ...client, share: defined(shares[0]), exchange });
    const team = scope.own(new Team({ ...work, context, evaluator, pool }));
    for (const [at, bytes] of uploads) team.giveUpload(at, loadCipher(context, bytes));
    return decrypted(client, await team.run(data));
  } finally {
    await pool.close();
    scope.delete();
  }
}

function decrypted({ context, secretKey }: Client, { ciphers, clears }: RunResult) {
  const { vectors } = decryptAll(context, secretKey, ciphers);
  for (const cipher of ciphers.values()) cipher.delete();
  return new Map<number, unknown>([...vectors, ...clears]);
}

describe('with any number of workers', () => {
  /** Expects the same outputs, to the last bit, from 1, 2 and 3 workers. */
  async function expectSame(plan: CkksPlan, inputs: Instance): Promise<void> {
    const client = await clientOf(plan);
    try {
      const data = dataOf(plan, inputs);
      const uploads = uploadsOf(client, data);
      const run = (workers: number) => evaluate(client, shared(plan, workers), uploads, data);
      const [one, again] = [await run(1), await run(1)];
      for (const workers of [2, 3]) {
        const several = await run(workers);
        expect([...several.keys()].sort()).toEqual([...one.keys()].sort());
        for (const [at, value] of one) {
          // Transparent outputs differ: they get a new encryption of zero in every run.
          if (same(again.get(at), value)) expect(several.get(at)).toEqual(value);
        }
      }
    } finally {
      client.scope.delete();
    }
  }
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

  test('a wide plan has the same outputs', async () => {
    const plan = widePlan(9);
    const [first, ...others] = shared(plan, 3);
    expect(others).toHaveLength(2);
    expect(defined(first).outputs.length + others.flatMap(({ outputs }) => outputs).length).toBe(1);
    await expectSame(plan, some());
  });

  test('random plans have the same outputs', SAMPLED, async () => {
    const plans = fc.record({
      seed: fc.nat(),
      slots: fc.constantFrom(1, 8),
      levels: fc.integer({ min: 0, max: 2 }),
      growth: fc.integer({ min: 5, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(plans, async ({ seed, slots, levels, growth }) => {
        const random = randomNumbers(seed);
        const plan = planOf(randomPlan(random, slots, levels, growth), 8);
        const numbers = () => Array.from({ length: slots }, () => 2 * random() - 1);
        await expectSame(plan, instance({ x: numbers(), p: numbers() }));
      }),
      { numRuns: cases(8, 2) },
    );
  });
});

describe('evaluations with two workers', () => {
  const compare = async (plan: CkksPlan, instances: readonly Instance[], workers = 2) => {
    const got = await evaluateShares(plan, shared(plan, workers), instances);
    expect(largestFraction(plan, got, await simulate(plan, instances))).toBeLessThan(1);
    return got;
  };

  test('are within the error bound, one instance after another on the same threads', async () => {
    const instances = [some(), instance({ x: filled(Math.cos), p: filled(() => 1) }), some()];
    const got = await compare(widePlan(6), instances);
    expect(got.jobs).toBe(2);
    expect(started).toHaveLength(1);
  });

  test('instances side by side have their own plain inputs', async () => {
    const map = vectorMap(2);
    const ops: CkksOp[] = [
      { op: 'upload', input: 'x', map, level: 1 },
      { op: 'plainInput', input: 'p', map },
      { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 },
      { op: 'upload', input: 'x', map, factor: 0.5, level: 1 },
      { op: 'mulPlain', args: [3, 1], scale: 'level', level: 1 },
      { op: 'add', args: [2, 4], level: 1 },
      { op: 'rescale', args: [5], level: 0 },
    ];
    const inputs = [
      { name: 'x', secrecy: 'cipher', shape: [2], range: [-1, 1] },
      { name: 'p', secrecy: 'plain', shape: [2], range: [-1, 1] },
    ] satisfies CkksSketch['inputs'];
    const outputs = [{ name: 'y', shape: [2], value: 6, map }];
    const plan = planOf(sketchOf({ slots: 2, inputs, ops, outputs }));
    const got = await compare(plan, [
      instance({ x: [1, 0.5], p: [0.5, 0.5] }),
      instance({ x: [1, 0.5], p: [-1, 0] }),
    ]);
    expect(defined(defined(got.outputs[1]).get('y'))[0]).toBeCloseTo(-1.5, 4);
  });

  test('use no second worker for a plan without ciphertexts', async () => {
    const map = vectorMap(2);
    const plan = planOf(
      sketchOf({
        slots: 2,
        inputs: [{ name: 'p', secrecy: 'plain', shape: [2], range: [-1, 1] }],
        ops: [
          { op: 'plainInput', input: 'p', map },
          { op: 'clearAdd', args: [0, 0] },
          { op: 'const', data: 0.25 },
        ],
        outputs: [
          { name: 'y', shape: [2], value: 1, map },
          { name: 'c', shape: [2], value: 2, map },
        ],
      }),
    );
    const got = await compare(plan, [instance({ p: [1, -0.5] })]);
    expect(got.jobs).toBe(1);
    expect([...defined(got.outputs[0]).values()].map((v) => [...v])).toEqual([
      [2, -1],
      [0.25, 0.25],
    ]);
  });

  test('constants and uploads may be outputs of a shared plan', async () => {
    const plan = widePlan(6);
    const [y] = plan.outputs;
    const more = [
      { ...defined(y), name: 'upload', value: 0 },
      { ...defined(y), name: 'constant', value: 2 },
    ];
    const got = await compare({ ...plan, outputs: [...plan.outputs, ...more] }, [some()]);
    expect(got.jobs).toBe(2);
    expect([...defined(defined(got.outputs[0]).get('constant'))]).toEqual(filled(() => 0.25));
  });
});

/** Returns the worker that does the addition which reads value 2. */
function specialWorker(plan: CkksPlan, shares: readonly Share[]): number {
  const at = plan.ops.findIndex((op) => op.op === 'addPlain' && op.args[1] === 2);
  return shares.findIndex(({ ops }) => ops.includes(at));
}

describe('failures', () => {
  test('a division by zero is an error in the data, in any worker', async () => {
    const inputs = instance({ x: filled(Math.sin), p: filled((i) => i) });
    const workers = new Set<number>();
    for (const special of [0, 1, 2, 3]) {
      const plan = widePlan(4, inverse, special);
      const shares = shared(plan, 2);
      workers.add(specialWorker(plan, shares));
      await expect(evaluateShares(plan, shares, [inputs])).rejects.toThrow(
        coded('division-by-zero'),
      );
    }
    expect(workers).toEqual(new Set([-1, 0, 1]));
  });

  test('an operation that fails is named, in any worker', async () => {
    const workers = new Set<number>();
    for (const special of [1, 2, 3]) {
      const plan = widePlan(4, { op: 'const', data: 0.25 }, special);
      const shares = shared(plan, 2);
      workers.add(specialWorker(plan, shares));
      // This constant is too large for any modulus.
      const failing = { ...plan, ops: plan.ops.with(2, { op: 'const', data: 1e30 }) };
      await expect(evaluateShares(failing, shares, [some()])).rejects.toThrow(
        /^operation \d+ \(addPlain\): /,
      );
    }
    expect(workers).toEqual(new Set([0, 1]));
  });

  /**
   * Evaluates with three workers, and calls `disturb` once, when the last one is at work. This
   * thread is the first worker and waits for that, and the others need its value: none can end
   * before, however fast it is.
   */
  async function disturbed(disturb: () => void, signal?: AbortSignal) {
    const plan = widePlan(3);
    // Operation 11 adds the products of the first two rotations, operation 6 has the first one.
    const shares = sharesOf(plan, [
      [3, 4, 5, 6],
      [16, 17],
      [7, 8, 9, 10, 11, 12, 13, 14, 15],
    ]);
    let begin: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { run } = Evaluator.prototype;
    vi.spyOn(Evaluator.prototype, 'run').mockImplementation(async function (
      this: Evaluator,
      ...args
    ) {
      await begun;
      return run.apply(this, args);
    });
    let done = false;
    return evaluateShares(plan, shares, [some()], {
      ...(signal ? { signal } : {}),
      onProgress: (progress, _, phase) => {
        if (phase !== 'evaluate' || progress === 0 || done) return;
        done = true;
        disturb();
        begin();
      },
    });
  }

  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('a worker that ends ends the others, and the error names its operation', async () => {
    const run = disturbed(() => void defined(started[1]).terminate());
    await expect(run).rejects.toThrow(
      /^worker 3 of 3 ended during operation (7|8|9|10|11) \((rotate|addPlain|mul|relinearize|add)\)$/,
    );
  });

  test('an abort ends all workers with its reason', async () => {
    const controller = new AbortController();
    const run = disturbed(() => controller.abort(new Error('enough')), controller.signal);
    await expect(run).rejects.toThrow('enough');
  });

  test('an evaluation that is already aborted does not start', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const never = (): void => expect.unreachable();
    await expect(disturbed(never, signal)).rejects.toThrow('enough');
  });
});

test('shares leave nothing in SEAL’s memory, even if they fail', async () => {
  const plan = widePlan(4, inverse, 2);
  const client = await clientOf(plan);
  const { context, scope } = client;
  const { port1, port2 } = new MessageChannel();
  const links = [
    new Links(context.seal, new Map([[1, port1]])),
    new Links(context.seal, new Map([[0, port2]])),
  ];
  const shares = shared(plan, 2);
  const evaluators = shares.map((share, i) =>
    shareEvaluator(scope, { ...client, share, exchange: defined(links[i]) }),
  );
  const data = dataOf(plan, instance({ x: filled(Math.sin), p: filled(() => 1) }));
  const bad = dataOf(plan, instance({ x: filled(Math.sin), p: filled(() => 0) }));
  const uploads = uploadsOf(client, data);
  const runOf = (i: number, blocks: BlockData) =>
    defined(evaluators[i]).run(
      new Map([...uploads].map(([at, bytes]) => [at, loadCipher(context, bytes)])),
      blocks,
    );
  const failing = specialWorker(plan, shares);
  let early = 0;
  try {
    for (let i = 0; i < 60; i++) {
      if (i % 10 === 9)
        await expect(runOf(failing, bad)).rejects.toThrow(coded('division-by-zero'));
      const results = await Promise.all(evaluators.map((_, worker) => runOf(worker, data)));
      for (const { ciphers } of results) for (const cipher of ciphers.values()) cipher.delete();
      if (i === 20) early = heapBytes();
    }
    expect(early).toBeGreaterThan(0);
    expect(heapBytes()).toBe(early);
  } finally {
    for (const link of links) link.close(undefined);
    scope.delete();
  }
});

describe('distribution', () => {
  test('more than one worker is used if that gains a tenth', () => {
    const plan = widePlan(40);
    expect(distribute(plan, BUILT_IN_COST, { jobs: 4, runs: 1 }).shares).toHaveLength(1);
    const { shares, ms } = distribute(plan, BUILT_IN_COST, { jobs: 4, runs: 1000 });
    expect(shares.length).toBeGreaterThan(1);
    expect(ms).toBeLessThan(0.9 * distribute(plan, BUILT_IN_COST, { jobs: 1, runs: 1 }).ms);
  });

  test('one job is one worker', () => {
    expect(distribute(widePlan(40), BUILT_IN_COST, { jobs: 1, runs: 1000 }).shares).toHaveLength(1);
  });

  test('an evaluation reports how many workers it used', async () => {
    const { jobs } = await encryptedEvaluation(widePlan(3), [some()], { jobs: 8 });
    expect(jobs).toBe(1);
  });
});
