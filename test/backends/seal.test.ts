import { describe, expect, test, vi } from 'vitest';
import type { Instance } from '../../src/backends/evaluation.ts';
import { createContext } from '../../src/backends/seal/ckks-context.ts';
import { encryptedUploads } from '../../src/backends/seal/client.ts';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { Evaluator } from '../../src/backends/seal/evaluator.ts';
import { KeyCache } from '../../src/backends/seal/key-cache.ts';
import { KeyContexts } from '../../src/backends/seal/key-contexts.ts';
import {
  generateKeyStore,
  generateSecretKey,
  loadPublicKey,
} from '../../src/backends/seal/key-store.ts';
import { loadSeal, translating } from '../../src/backends/seal/load-seal.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { predictTime } from '../../src/cost/predict-time.ts';
import { defined } from '../../src/lookup.ts';
import { keyNeeds, keyUses } from '../../src/memory/key-needs.ts';
import { REALS } from '../../src/plan/clear-ops.ts';
import type { CkksOp, CkksSketch } from '../../src/plan/plan.ts';
import { coded } from '../support/coded.ts';
import { chain, instance, largestFraction, planOf, quartic, sketchOf, vectorMap } from './plans.ts';

/** Evaluates encrypted and in the clear, and expects errors within the error bounds. */
async function compare(sketch: CkksSketch, instances: Instance[], precisionBits = 20) {
  const plan = planOf(sketch, precisionBits);
  const got = await encryptedEvaluation(plan, instances);
  const expected = await simulate(plan, instances);
  expect(largestFraction(plan, got, expected)).toBeLessThan(1);
  return { plan, got };
}

/** Returns a plan of vectors x and p (plain) of `slots` elements within [-1, 1]. */
function vectors(slots: number, ops: CkksOp[], level = 1): CkksSketch {
  const map = vectorMap(slots);
  return sketchOf({
    slots,
    inputs: [
      { name: 'x', secrecy: 'cipher', shape: [slots], range: [-1, 1] },
      { name: 'p', secrecy: 'plain', shape: [slots], range: [-1, 1] },
    ],
    ops: [{ op: 'upload', input: 'x', map, level }, { op: 'plainInput', input: 'p', map }, ...ops],
    outputs: [{ name: 'y', shape: [slots], value: ops.length + 1, map }],
  });
}

describe('instances', () => {
  test('x^4 + 2, two in one ciphertext', async () => {
    const { got } = await compare(quartic(), [instance({ x: 2 }), instance({ x: -0.5 })]);
    expect(defined(defined(got.outputs[0]).get('y'))[0]).toBeCloseTo(18, 5);
    expect(defined(defined(got.outputs[1]).get('y'))[0]).toBeCloseTo(2.0625, 5);
    expect(got.memory.uploadBytes).toBe(2 * 8192 * 3 * 8);
    for (const ms of Object.values(got.timings)) expect(ms).toBeGreaterThan(0);
  });

  test('more instances than a ciphertext has room for', async () => {
    const instances = Array.from({ length: 5000 }, (_, i) => instance({ x: Math.sin(i) }));
    const { got } = await compare(quartic(), instances);
    expect(got.outputs).toHaveLength(5000);
    // The first ciphertext has 4096 of them.
    expect(got.memory.uploadBytes).toBe(2 * (2 * 8192 * 3 * 8));
  });

  test('no instances', async () => {
    expect((await encryptedEvaluation(planOf(quartic()), [])).outputs).toEqual([]);
  });

  test('plain inputs differ between instances of a batch', async () => {
    const sketch = vectors(2, [
      { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 },
      { op: 'rescale', args: [2], level: 0 },
    ]);
    const { got } = await compare(sketch, [
      instance({ x: [1, 0.5], p: [0.5, 0.5] }),
      instance({ x: [1, 0.5], p: [-1, 0] }),
    ]);
    expect(defined(defined(got.outputs[1]).get('y'))[0]).toBeCloseTo(-1, 5);
    expect(defined(defined(got.outputs[1]).get('y'))[1]).toBeCloseTo(0, 5);
  });
});

describe('rotations', () => {
  test.each([2, 8, 2048])('are cyclic in %i slots', async (slots) => {
    const sketch = vectors(
      slots,
      [
        { op: 'rotate', args: [0], steps: slots - 1, level: 0 },
        { op: 'rotate', args: [2], steps: 1, level: 0 },
        { op: 'rotate', args: [3], steps: slots / 2, level: 0 },
      ],
      0,
    );
    const x = Array.from({ length: slots }, (_, i) => i / slots);
    const { got } = await compare(sketch, [instance({ x, p: x })]);
    expect(defined(defined(got.outputs[0]).get('y'))[0]).toBeCloseTo(0.5, 5);
  });

  test('only the keys that are used are generated', async () => {
    const plan = planOf(
      vectors(8, [
        { op: 'rotate', args: [0], steps: 3, level: 1 },
        { op: 'rotate', args: [2], steps: 1, level: 1 },
        { op: 'rotate', args: [3], steps: 3, level: 1 },
      ]),
    );
    expect([...keyNeeds(plan)]).toEqual([
      [1, 1],
      [3, 1],
    ]);
  });

  test('at N = 32768', async () => {
    const slots = 16384;
    const x = Array.from({ length: slots }, (_, i) => Math.cos(i));
    const sketch = vectors(slots, [
      { op: 'rotate', args: [0], steps: 5, level: 1 },
      { op: 'mul', args: [2, 0], level: 1 },
      { op: 'relinearize', args: [3], level: 1 },
      { op: 'rescale', args: [4], level: 0 },
    ]);
    const { plan, got } = await compare(sketch, [instance({ x, p: x })]);
    expect(plan.params.polyModulusDegree).toBe(32768);
    expect(defined(defined(got.outputs[0]).get('y'))[7]).toBeCloseTo(Math.cos(12) * Math.cos(7), 5);
  });
});

describe('transparent values', () => {
  const half = [0.5, -0.25];
  const zero = [0, 0];

  test.each<[string, CkksOp[], number[]]>([
    [
      'a product with a plain input that is zero',
      [
        { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 },
        { op: 'rescale', args: [2], level: 0 },
      ],
      zero,
    ],
    [
      'such a product, squared and added to x',
      [
        { op: 'mulPlain', args: [0, 1], scale: 'level', level: 2 },
        { op: 'rescale', args: [2], level: 1 },
        { op: 'mul', args: [3, 3], level: 1 },
        { op: 'relinearize', args: [4], level: 1 },
        { op: 'rescale', args: [5], level: 0 },
        { op: 'lower', args: [0], level: 0 },
        { op: 'add', args: [6, 7], level: 0 },
      ],
      half,
    ],
    [
      'such a product, rotated',
      [
        { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 },
        { op: 'rescale', args: [2], level: 0 },
        { op: 'rotate', args: [3], steps: 1, level: 0 },
      ],
      zero,
    ],
    ['x - x', [{ op: 'sub', args: [0, 0], level: 0 }], zero],
    [
      '(x + p) - x',
      [
        { op: 'addPlain', args: [0, 1], level: 0 },
        { op: 'sub', args: [2, 0], level: 0 },
      ],
      zero,
    ],
    [
      'x times the integer 0',
      [
        { op: 'const', data: 0 },
        { op: 'mulPlain', args: [0, 2], scale: 'one', level: 0 },
      ],
      zero,
    ],
  ])('%s', async (_, ops, expected) => {
    const top = Math.max(...ops.map((op) => ('level' in op ? op.level : 0)));
    const { got } = await compare(vectors(2, ops, top), [instance({ x: half, p: [0, 0] })]);
    [...defined(defined(got.outputs[0]).get('y'))].forEach((y, i) => {
      expect(y).toBeCloseTo(defined(expected[i]), 5);
    });
  });

  test('a plain input so small that it is encoded as zero', async () => {
    const sketch = vectors(2, [
      { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 },
      { op: 'rescale', args: [2], level: 0 },
    ]);
    await compare(sketch, [instance({ x: half, p: [1e-30, -1e-30] })]);
  });

  test('leave the server as opaque ciphertexts', async () => {
    const plan = planOf(vectors(2, [{ op: 'sub', args: [0, 0], level: 0 }], 0));
    const context = createContext(await loadSeal(), plan.params);
    const contexts = new KeyContexts(context);
    const secretKey = generateSecretKey(context);
    const store = generateKeyStore(context, contexts, secretKey, keyNeeds(plan));
    const publicKey = loadPublicKey(context, store);
    const keys = new KeyCache(context, contexts, store, keyUses(plan.ops));
    const evaluator = new Evaluator(context, publicKey, keys, plan);
    const data = { ring: REALS, slots: 2, blocks: 1, read: () => Float64Array.of(1, 1) };
    const uploads = encryptedUploads(context, publicKey, plan, data);
    const { ciphers } = await evaluator.run(uploads, data);
    expect(defined(ciphers.get(2)).isTransparent()).toBe(false);
    const owned = [...ciphers.values(), evaluator, keys, publicKey, secretKey, contexts, context];
    for (const object of owned) object.delete();
  });
});

describe('levels and scales', () => {
  test('values are lowered any number of levels and can still be added', async () => {
    const sketch = vectors(
      4,
      [
        { op: 'lower', args: [0], level: 0 },
        { op: 'lower', args: [0], level: 2 },
        { op: 'mul', args: [3, 3], level: 2 },
        { op: 'relinearize', args: [4], level: 2 },
        { op: 'rescale', args: [5], level: 1 },
        { op: 'mulPlain', args: [6, 1], scale: 'level', level: 1 },
        { op: 'addPlain', args: [7, 1], level: 1 },
        { op: 'rescale', args: [8], level: 0 },
        { op: 'subPlain', args: [9, 1], level: 0 },
        { op: 'add', args: [10, 2], level: 0 },
      ],
      3,
    );
    const x = [1, -1, 0.5, 0];
    const { got } = await compare(sketch, [instance({ x, p: [1, 0.5, -1, 1] })]);
    // x²p + x
    [2, -0.5, 0.25, 0].forEach((y, i) => {
      expect(defined(defined(got.outputs[0]).get('y'))[i]).toBeCloseTo(y, 5);
    });
  });

  test('products are added before they are relinearized and rescaled', async () => {
    const sketch = vectors(4, [
      { op: 'mul', args: [0, 0], level: 1 },
      { op: 'negate', args: [0], level: 1 },
      { op: 'mul', args: [0, 3], level: 1 },
      { op: 'add', args: [2, 4], level: 1 },
      { op: 'add', args: [5, 2], level: 1 },
      { op: 'rescale', args: [6], level: 0 },
      { op: 'relinearize', args: [7], level: 0 },
    ]);
    await compare(sketch, [instance({ x: [1, 2 / 3, -1, 0], p: [0, 0, 0, 0] })]);
  });

  test('numbers that are too large are refused before SEAL encodes them', async () => {
    const plan = planOf(quartic(), 20);
    const evaluation = encryptedEvaluation(plan, [instance({ x: 1e300 })]);
    await expect(evaluation).rejects.toThrow('1e+300 is too large to be encoded');
    const { outputs } = await encryptedEvaluation(plan, [instance({ x: 2 })]);
    expect(defined(defined(outputs[0]).get('y'))[0]).toBeCloseTo(18, 4);
  });

  test('a base of two primes has room for large values', async () => {
    const { plan, got } = await compare(quartic([-1000, 1000]), [
      instance({ x: 1000 }),
      instance({ x: -999.5 }),
    ]);
    expect(plan.params.basePrimes).toBe(2);
    expect(defined(defined(defined(got.outputs[0]).get('y'))[0]) / (1e12 + 2)).toBeCloseTo(1, 6);
  });

  test('deep chains stay within their error bounds', async () => {
    const ones = [1, -1, 1, -1];
    const { plan } = await compare(chain(5), [instance({ x: ones, z: ones })]);
    expect(plan.params.polyModulusDegree).toBe(16384);
  });

  test('high precision', async () => {
    const { plan } = await compare(chain(2), [instance({ x: [1, 1, 1, 1], z: [1, 1, 1, 1] })], 32);
    expect(plan.params.scaleBits).toBeGreaterThan(48);
  });
});

describe('refusals', () => {
  test('parameters that are not secure are refused', async () => {
    const { params } = planOf(quartic());
    const seal = await loadSeal();
    expect(() => createContext(seal, { ...params, polyModulusDegree: 4096 })).toThrow(
      /not 128-bit secure/,
    );
  });

  test('exceptions of SEAL have a message', async () => {
    const seal = await loadSeal();
    const call = () => translating(seal, 'testing', () => seal.CoeffModulus.Create(8192, [70]));
    expect(call).toThrow(coded('evaluation-failed'));
    expect(call).toThrow(/^testing: .*expected Int32Array/);
  });

  test('an interrupted evaluation stops with the signal, at its next turn', async () => {
    const controller = new AbortController();
    const many: CkksOp[] = Array.from({ length: 1000 }, () => ({
      op: 'rotate',
      args: [0],
      steps: 1,
      level: 0,
    }));
    const rotations = vi.spyOn(KeyCache.prototype, 'rotation');
    const run = encryptedEvaluation(
      planOf(vectors(2, many, 0)),
      [instance({ x: [1, 1], p: [1, 1] })],
      {
        signal: controller.signal,
        onProgress: (_, __, phase) => {
          if (phase === 'evaluate') controller.abort(new Error('enough'));
        },
      },
    );
    await expect(run).rejects.toThrow('enough');
    expect(rotations.mock.calls.length).toBeLessThan(1000);
    rotations.mockRestore();
  });
});

test('progress is reported by phase, and evaluation in predicted milliseconds', async () => {
  const reports: [string, number, number][] = [];
  const plan = planOf(quartic());
  await encryptedEvaluation(plan, [instance({ x: 1 })], {
    onProgress: (done, total, phase) => reports.push([phase, done, total]),
  });
  const ms = predictTime(plan, BUILT_IN_COST, 1);
  expect(ms).toBeGreaterThan(0);
  // An evaluation that takes long is reported again and again meanwhile.
  const isMeanwhile = ([phase, done]: readonly [string, number, number], at: number) =>
    phase === 'evaluate' && done < ms && reports[at - 1]?.[0] === 'evaluate';
  const meanwhile = reports.filter(isMeanwhile).map(([, done]) => done);
  expect(meanwhile).toEqual(meanwhile.toSorted((a, b) => a - b));
  expect(reports.filter((report, at) => !isMeanwhile(report, at))).toEqual([
    ['setup', 0, 0],
    ['keygen', 0, 0],
    ['keygen', 1, 1],
    ['setup', 0, 0],
    ['encrypt', 0, 1],
    ['encrypt', 1, 1],
    ['evaluate', 0, ms],
    ['evaluate', ms, ms],
    ['decrypt', 0, 1],
    ['decrypt', 1, 1],
  ]);
});
