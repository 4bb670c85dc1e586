import { describe, expect, test } from 'vitest';
import { CostModel, type CostTerm, termMs } from '../../src/cost/cost-model.ts';
import { type CostSample, fitCostModel } from '../../src/cost/fit-cost.ts';
import { defined } from '../../src/lookup.ts';
import { modelOf } from './cost-models.ts';

const terms = Object.keys(CostModel.shape.terms.shape) as CostTerm[];
const sizes = [4096, 8192, 16384].flatMap((degree) =>
  [1, 2, 4, 7].flatMap((primes) =>
    [2, 3].map((polynomials) => ({ degree, primes, chainPrimes: degree / 2048, polynomials })),
  ),
);

/** Returns the measurements of a machine that matches a model exactly. */
function measured(model: CostModel): CostSample[] {
  return terms.flatMap((term) =>
    sizes.map((size) => ({ ...size, term, ms: termMs(model, term, size) })),
  );
}

/** Coefficients of very different sizes, with four digits because fitted ones are rounded. */
const known = modelOf((term, name) => (name === 'call' ? 700 : term.length + name.length / 4));

describe('fitting', () => {
  test('finds the coefficients that the times were computed from', () => {
    const { model, largestDeviation } = fitCostModel(measured(known));
    expect(model).toEqual(known);
    expect(largestDeviation).toBeLessThan(1e-9);
  });

  test('ignores a few disturbed samples, but reports the worst', () => {
    const samples = measured(known);
    const worst = { ...defined(samples[5]), ms: 4 * defined(samples[5]).ms };
    samples[5] = worst;
    samples[60] = { ...defined(samples[60]), ms: 2 * defined(samples[60]).ms };
    const fit = fitCostModel(samples);
    expect(fit.worst).toEqual(worst);
    // The prediction is a quarter of the measurement.
    expect(fit.largestDeviation).toBeCloseTo(0.75, 2);
    expect(fit.medianDeviation).toBeLessThan(1e-3);
  });

  test('gives no negative coefficients, even if they would fit', () => {
    // Measured 10·x - 1000 for x = N·p·l: the constant stays at 0.
    const samples = measured(known).map((sample) => {
      const x = sample.degree * sample.primes * sample.polynomials;
      return sample.term === 'add' ? { ...sample, ms: (10 * x - 1000) / 1e6 } : sample;
    });
    const { add } = fitCostModel(samples).model.terms;
    expect(add.call).toBe(0);
    expect(add.coefficient).toBeCloseTo(10, 1);
  });

  test('throws if a term has no samples', () => {
    const samples = measured(known).filter(({ term }) => term !== 'rotate');
    expect(() => fitCostModel(samples)).toThrow('has no samples');
  });
});
