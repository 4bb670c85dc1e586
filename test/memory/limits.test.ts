import { afterAll, describe, expect, test } from 'vitest';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { hasCode, type ShoalError } from '../../src/errors/shoal-error.ts';
import { planMemory } from '../../src/memory/memory-budget.ts';
import { memoryError } from '../../src/memory/memory-error.ts';
import type { CkksOp, CkksPlan } from '../../src/plan/plan.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { chain, instance, planOf, scalarMap } from '../backends/plans.ts';
import { shoalHere, workspace } from '../cli/support.ts';

/** Evaluations that are too large for WebAssembly, for their memory budget, or for the machine. */

const GIB = 2 ** 30;

/** Returns a plan of N = 16384 and 4 levels with these operations. */
function planWith(ops: readonly CkksOp[]): CkksPlan {
  const { params, ...plan } = planOf(chain(4));
  expect([params.polyModulusDegree, params.basePrimes]).toEqual([16384, 1]);
  const output = { name: 'y', shape: [], value: ops.length - 1, map: scalarMap, errorBound: 1 };
  return { ...plan, params, slots: 1, ops: [...ops], outputs: [output] };
}

/** Returns the sum of `count` uploads at level 4, of 2 polynomials modulo 5 primes. */
function sumOfUploads(count: number): CkksPlan {
  const ops: CkksOp[] = Array.from({ length: count }, () => ({
    op: 'upload' as const,
    input: 'x',
    map: scalarMap,
    level: 4,
  }));
  for (let at = 1; at < count; at++) {
    ops.push({ op: 'add', args: [at === 1 ? 0 : count + at - 2, at], level: 4 });
  }
  return planWith(ops);
}
const uploadBytes = 2 * 5 * 16384 * 8;

/** Returns an upload rotated by 1, by 2 more, … at level 4. */
function rotations(count: number): CkksPlan {
  const rotated = Array.from({ length: count }, (_, i): CkksOp[] => [
    { op: 'rotate', args: [i], steps: i + 1, level: 4 },
  ]);
  const upload: CkksOp = { op: 'upload', input: 'x', map: scalarMap, level: 4 };
  return { ...planWith([upload, ...rotated.flat()]), slots: 8192 };
}

const x = instance({ x: [0, 0, 0, 0], z: [0, 0, 0, 0] });

async function refusalOf(plan: CkksPlan, memory?: number): Promise<ShoalError> {
  const options = memory === undefined ? {} : { memory };
  const outcome: unknown = await encryptedEvaluation(plan, [x], options).catch((error) => error);
  if (!hasCode(outcome, 'memory-too-small')) throw outcome;
  return outcome;
}

describe('an evaluation too large for WebAssembly', () => {
  test('of 20000 uploads of 1.25 MiB is refused at once', async () => {
    const plan = sumOfUploads(20_000);
    const began = performance.now();
    const error = await refusalOf(plan, 64 * GIB);
    expect(performance.now() - began).toBeLessThan(5000);
    const { prediction } = planMemory(plan, 1, 64 * GIB);
    // SEAL's pool grows by 5 % at a time.
    expect(prediction.ciphertexts).toBeGreaterThanOrEqual(20_000 * uploadBytes);
    expect(prediction.ciphertexts).toBeLessThan(1.07 * 20_000 * uploadBytes);
    expect(error.message).toMatch(
      /: it needs 25\.7 GiB \(25\.7 GiB of ciphertexts, .*\); the limit is 3\.25 GiB, because WebAssembly addresses only 4 GiB; compute less in one evaluation/,
    );
  });

  test('is refused only if its uploads do not fit', () => {
    const fits = (count: number) => planMemory(sumOfUploads(count), 1, 4 * GIB, 64 * GIB).fits;
    // 2662 uploads alone take 3.25 GiB.
    expect(fits(2300)).toBe(true);
    expect(fits(2662)).toBe(false);
  });

  test('is advised to have fewer levels if its keys are too large', () => {
    const { prediction, limits } = planMemory(rotations(1));
    const keys = { ...prediction, ciphertexts: 0, loadedKeys: 4 * GIB, heap: 4.5 * GIB };
    expect(memoryError(keys, 1, limits).message).toMatch(/reduce the levels/);
  });
});

test('an evaluation that needs more than 1.5 GiB takes it, if there is no --memory', () => {
  // 1500 uploads take 1.83 GiB, for each of two workers.
  const plan = sumOfUploads(1500);
  expect(planMemory(plan, 2, undefined, 8 * GIB).fits).toBe(true);
  expect(planMemory(plan, 2, 3 * GIB, 8 * GIB).fits).toBe(false);
  expect(planMemory(plan, 2, undefined, 3 * GIB).fits).toBe(false);
  expect(planMemory(sumOfUploads(2662), 1, undefined, 64 * GIB).fits).toBe(false);
});

test('the message says how much memory is available and how much to give', async () => {
  const plan = sumOfUploads(100);
  const error = await refusalOf(plan, 64 * 2 ** 20);
  const least = Math.ceil(planMemory(plan, 1, 64 * 2 ** 20).prediction.heap / 2 ** 20);
  expect(error.message).toMatch(
    new RegExp(`64 MiB are available; give --memory ${least}MiB or more$`),
  );
});

describe('an evaluation too large for the machine', () => {
  test('is refused because of its keys, which are outside WebAssembly', () => {
    const plan = rotations(2000);
    const { prediction, fits } = planMemory(plan, 1, 2 * GIB, 64 * GIB);
    expect(fits).toBe(true);
    // 5 digits of 6 primes. Half of each digit is only a seed.
    expect(prediction.storedKeys).toBeGreaterThan(2000 * 5 * 6 * 8 * 16384);
    const { limits, ...small } = planMemory(plan, 1, 2 * GIB, 4 * GIB);
    expect(small.fits).toBe(false);
    expect(memoryError(small.prediction, 1, limits).message).toMatch(
      /it needs [78]\.\d+ GiB \([78]\.\d+ GiB for keys and .*\); 4 GiB are available; reduce --memory, so that rotations/,
    );
  });

  test('loads fewer keys if that is enough', () => {
    const plan = rotations(100);
    const all = planMemory(plan, 1, 2 * GIB, 64 * GIB);
    const few = planMemory(plan, 1, 2 * GIB, all.prediction.total - 2 ** 28);
    expect([all.fits, few.fits]).toEqual([true, true]);
    expect(few.prediction.loadedKeys).toBeLessThan(all.prediction.loadedKeys);
    expect(few.prediction.total).toBeLessThanOrEqual(few.limits.machine);
  });

  test('does not count keys that stay in a file until they are used', () => {
    const plan = rotations(2000);
    const inMemory = planMemory(plan, 1, 2 * GIB, 64 * GIB);
    const inFile = planMemory(plan, 1, 2 * GIB, 64 * GIB, true);
    expect(inFile.prediction.storedKeys).toBe(0);
    expect(inFile.prediction.total).toBe(
      inMemory.prediction.total - inMemory.prediction.storedKeys,
    );
    // With its keys in memory, it does not fit 4 GiB: see above.
    expect(planMemory(plan, 1, 2 * GIB, 4 * GIB, true).fits).toBe(true);
  });

  test('shares the memory among its workers, each with a heap of its own', () => {
    const plan = sumOfUploads(100);
    const [one, four] = [1, 4].map((jobs) => planMemory(plan, jobs, 4 * GIB, 64 * GIB));
    expect([one?.limits.heap, four?.limits.heap]).toEqual([3.25 * GIB, GIB]);
    expect(four?.prediction.heap).toBe(one?.prediction.heap);
    const keys = one?.prediction.storedKeys ?? 0;
    expect(four?.prediction.total).toBe(keys + 4 * (one?.prediction.heap ?? 0));
  });

  test('is refused because of the heaps of all its workers', () => {
    const plan = sumOfUploads(500);
    expect(planMemory(plan, 1, 2 * GIB, 2 * GIB).fits).toBe(true);
    const { limits, prediction, fits } = planMemory(plan, 4, 8 * GIB, 2 * GIB);
    expect(fits).toBe(false);
    expect(memoryError(prediction, 4, limits).message).toContain(
      '2 GiB are available; compute less in one evaluation',
    );
  });
});

describe('on the command line', () => {
  const space = workspace();
  afterAll(() => space.remove());

  test('a plan of too many uploads is refused with status 1, before keys are made', async () => {
    const plan = space.file('large.plan.json', planToText(sumOfUploads(4000)));
    const inputs = space.file('in.json', '{ "x": [0, 0, 0, 0], "z": [0, 0, 0, 0] }');
    const { status, stdout } = await shoalHere(['eval', plan, '-i', inputs, '--json']);
    expect(status).toBe(1);
    const [error] = JSON.parse(stdout).errors;
    expect(error).toMatchObject({ code: 'memory-too-small' });
    expect(error.message).toMatch(/it needs 5\.\d+ GiB .*the limit is 3\.25 GiB/);
  });

  test('a source form that does not fit leaves the optimized form as it was', async () => {
    const text = 'input x: cipher within [-3, 3];\noutput y = x^9;\n';
    const circuit = space.file('ninth.circ', text);
    const inputs = space.file('x.json', '{ "x": 1.5 }');
    const report = JSON.parse((await shoalHere(['report', circuit, '--json'])).stdout);
    expect(report.sourcePredictedMemory).toBeGreaterThan(1.2 * report.predictedMemory);
    const memory = `${Math.ceil(report.predictedMemory / 2 ** 20) + 2}MiB`;
    const args = ['eval', circuit, '-i', inputs, '--memory', memory, '--compare'];
    const { status, stdout } = await shoalHere([...args, '--json']);
    expect(status).toBe(0);
    const { outputs, source } = JSON.parse(stdout);
    expect(outputs.y).toBeCloseTo(1.5 ** 9, 3);
    expect(source).toMatchObject({ depth: 8, outputs: null });
    expect(source.outputsReason).toMatch(/^the evaluation does not fit in memory: it needs /);
    expect((await shoalHere(args)).stdout).toContain(
      'the source form was not evaluated: the evaluation does not fit in memory',
    );
  });
});
