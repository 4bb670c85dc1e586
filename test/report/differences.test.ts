import { describe, expect, test } from 'vitest';
import type { IntegerPlan } from '../../src/plan/plan.ts';
import { brokenPromises, deviationOf } from '../../src/report/deviations.ts';
import { judgeVectors } from '../../src/report/vector-results.ts';
import { inParts, planOf } from '../backends/plans.ts';
import { planFor } from '../client-server/support.ts';

const outputs = (...y: number[]) => new Map([['y', Float64Array.from(y)]]);

describe('a test vector', () => {
  const slots = [{ name: 'y', shape: [2] }];
  /** Returns the elements of outputs that miss what is expected, within 1e-3. */
  const misses = (expected: readonly number[], got: readonly number[]) => {
    const vectors = [{ name: undefined, inputs: new Map(), expect: outputs(...expected) }];
    const summary = judgeVectors({ tolerance: 1e-3, vectors }, [outputs(...got)], slots);
    const [result] = summary.results;
    expect(result?.passed).toBe(result?.misses.length === 0);
    expect([summary.passed, summary.failed]).toEqual(result?.passed ? [1, 0] : [0, 1]);
    return result?.misses.map(({ element }) => element);
  };

  test('is hit within its tolerance, which is absolute up to 1 and relative above', () => {
    expect(misses([0.5, -100], [0.5009, -100.09])).toEqual([]);
    expect(misses([0.5, -100], [0.5011, -100.11])).toEqual([0, 1]);
    expect(misses([0, 1e6], [0.0009, 1e6 - 999])).toEqual([]);
  });

  test('is missed by what is no number', () => {
    expect(misses([0, 1], [Number.NaN, 1])).toEqual([0]);
    expect(misses([0, 1], [0, Number.POSITIVE_INFINITY])).toEqual([1]);
  });
});

describe('the deviation of outputs', () => {
  test('is the largest of all elements, and relative to the largest magnitude of an output', () => {
    expect(deviationOf([outputs(1, 5)], [outputs(0, 4.5)])).toEqual({
      maxAbsError: 1,
      maxRelError: 1 / 4.5,
    });
    expect(deviationOf([outputs(0.25)], [outputs(0)]).maxRelError).toBe(0.25);
    expect(deviationOf([outputs(1), outputs(-3)], [outputs(1), outputs(1)]).maxAbsError).toBe(4);
  });

  test('of what is no number is the largest number', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(deviationOf([outputs(0, value)], [outputs(0, 1)]).maxAbsError).toBe(Number.MAX_VALUE);
  });
});

describe('a promise', () => {
  test('is broken beyond the error bound, and a tolerance for float64', () => {
    const plan = planOf(inParts());
    const bound = Math.max(...plan.outputs.map(({ errorBound }) => errorBound));
    const broken = (error: number) =>
      brokenPromises(plan, [outputs(1 + error, 0, 0, 0, 0, 0)], [outputs(1, 0, 0, 0, 0, 0)]);
    expect(broken(bound)).toEqual([]);
    expect(broken(bound + 2 ** -37)).toEqual([]);
    expect(broken(1.01 * bound)).toMatchObject([{ output: 'y', bound }]);
    expect(broken(Number.NaN)).toMatchObject([{ output: 'y', error: Number.MAX_VALUE }]);
  });

  test('of integers has no tolerance', () => {
    const plan = planFor('scheme bfv(t = 257);\ninput x: cipher;\noutput y = x;\n') as IntegerPlan;
    const broken = (got: number) => brokenPromises(plan, [outputs(got)], [outputs(250)]).length;
    expect([250, 251, 250 + 2 ** -40].map(broken)).toEqual([0, 1, 1]);
  });
});
