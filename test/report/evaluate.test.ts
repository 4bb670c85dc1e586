import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { brokenPromises } from '../../src/report/deviations.ts';

const plan = { scheme: 'ckks', outputs: [{ name: 'y', errorBound: 1e-6 }] } as unknown as Plan;
const outputs = (...values: number[]) => [new Map([['y', Float64Array.from(values)]])];

describe('broken promises', () => {
  it('names the output and its worst error', () => {
    expect(brokenPromises(plan, outputs(1, 2.5, 2.25), outputs(1, 2, 2))).toEqual([
      { output: 'y', error: 0.5, bound: 1e-6 },
    ]);
  });

  it('are none within the bound, nor if only float64 has rounded', () => {
    expect(brokenPromises(plan, outputs(1 + 9e-7), outputs(1))).toEqual([]);
    expect(brokenPromises(plan, outputs(1e9 * (1 + 2 ** -40)), outputs(1e9))).toEqual([]);
  });

  it('are results that are NaN', () => {
    expect(brokenPromises(plan, outputs(Number.NaN), outputs(1))).toHaveLength(1);
  });
});
