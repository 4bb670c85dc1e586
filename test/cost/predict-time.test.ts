import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { operationTimes } from '../../src/cost/cost-model.ts';
import { predictTime } from '../../src/cost/predict-time.ts';
import { defined } from '../../src/lookup.ts';
import type { CkksOp, CkksPlan } from '../../src/plan/plan.ts';
import { planWithSizes } from '../../src/schemes/ckks/choose-params.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { sketchOf, vectorMap } from '../backends/plans.ts';
import { randomPlan } from '../backends/random-plan.ts';
import { modelOf, unitCost } from './cost-models.ts';

const sizes = { degree: 4096, scaleBits: 20, baseBits: [26], specialBits: 30 };
/** N·log2(N) ns. */
const butterflies = 49152e-6;

/** Returns `count` rotations of one upload, added up at the end. */
function rotations(count: number): CkksPlan {
  const map = vectorMap(1024);
  const ops: CkksOp[] = [{ op: 'upload', input: 'x', map, level: 0 }];
  for (let steps = 1; steps <= count; steps++) {
    ops.push({ op: 'rotate', args: [0], steps, level: 0 });
  }
  for (let i = 2; i <= count; i++) {
    ops.push({ op: 'add', args: [i === 2 ? 1 : ops.length - 1, i], level: 0 });
  }
  const sketch = sketchOf({
    slots: 1024,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [1024], range: [-1, 1] }],
    ops,
    outputs: [{ name: 'y', shape: [1024], value: ops.length - 1, map }],
  });
  return planWithSizes(sketch, { ...sizes, levels: 0 }, 5);
}

/** Returns a model in which only rotations and transfers take time. */
const rotationsOnly = (transferNs: number) =>
  modelOf((term, name) =>
    term === 'rotate' ? 1 : term === 'transfer' && name === 'call' ? transferNs : 0,
  );

describe('derived by hand', () => {
  test('one job takes the sum of the operations', () => {
    // A rotation with one prime takes 3·N·log2(N) ns, an addition 1 + 2·N.
    expect(predictTime(rotations(4), unitCost, 1)).toBeCloseTo(12 * butterflies + 3 * 8193e-6, 9);
  });

  test('four rotations by two jobs take the time of two rotations', () => {
    const plan = rotations(4);
    expect(predictTime(plan, rotationsOnly(0), 2)).toBeCloseTo(6 * butterflies, 9);
    expect(predictTime(plan, rotationsOnly(0), 4)).toBeCloseTo(3 * butterflies, 9);
  });

  test('both workers have the uploads, and results are transferred to the one that adds', () => {
    const transfer = 10_000;
    // Both rotate twice. The first adds its own two results and fetches the other two.
    const expected = 6 * butterflies + 2 * transfer * 1e-6;
    expect(predictTime(rotations(4), rotationsOnly(transfer), 2)).toBeCloseTo(expected, 9);
  });

  test('other workers get nothing if transfers cost too much', () => {
    const plan = rotations(4);
    const expensive = rotationsOnly(1e9);
    expect(predictTime(plan, expensive, 8)).toBe(predictTime(plan, expensive, 1));
  });

  test.each([0, -1, 1.5, Number.NaN])('%s jobs are refused', (jobs) => {
    expect(() => predictTime(rotations(1), unitCost, jobs)).toThrow(RangeError);
  });
});

describe('random plans', () => {
  const anyPlan = fc
    .record({ seed: fc.nat(), growth: fc.integer({ min: 0, max: 60 }) })
    .map(({ seed, growth }) =>
      planWithSizes(randomPlan(randomNumbers(seed), 8, 2, growth), { ...sizes, levels: 2 }, 5),
    );

  test('are predicted to take at least their critical path, and at most the time of one worker', () => {
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: 5 }), (plan, jobs) => {
        const times = operationTimes(plan, BUILT_IN_COST);
        const sum = times.reduce((total, ms) => total + ms, 0);
        const predicted = predictTime(plan, BUILT_IN_COST, jobs);
        expect(predicted).toBeLessThanOrEqual(sum);
        expect(predicted).toBeGreaterThanOrEqual(
          Math.max(criticalPath(plan, times), sum / jobs) - 1e-9,
        );
        if (jobs === 1) expect(predicted).toBe(sum);
        expect(predictTime(plan, BUILT_IN_COST, jobs)).toBe(predicted);
      }),
      { numRuns: 60 },
    );
  });
});

/** Returns the longest path, computed from the first operation on. */
function criticalPath(plan: CkksPlan, times: Float64Array): number {
  const ends = new Float64Array(plan.ops.length);
  plan.ops.forEach((op, at) => {
    const start = Math.max(0, ...('args' in op ? op.args.map((arg) => defined(ends[arg])) : []));
    ends[at] = start + defined(times[at]);
  });
  return Math.max(...ends);
}

test('a hundred thousand operations are scheduled', () => {
  const plan = rotations(1000);
  const ops: CkksOp[] = [defined(plan.ops[0])];
  for (let i = 1; i < 100_000; i++) {
    ops.push(
      i % 2 === 1
        ? { op: 'rotate', args: [Math.floor(i / 3)], steps: 1 + (i % 1000), level: 0 }
        : { op: 'add', args: [i - 1, Math.floor(i / 7)], level: 0 },
    );
  }
  const large = { ...plan, ops, outputs: [{ ...defined(plan.outputs[0]), value: ops.length - 1 }] };
  const [one, four] = [1, 4].map((jobs) => predictTime(large, BUILT_IN_COST, jobs));
  expect(four).toBeLessThan(defined(one));
  expect(four).toBeGreaterThan(defined(one) / 4);
});
