import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { promisedDecimals, roundToPromise } from '../../src/report/promised-digits.ts';
import { planFor } from '../client-server/support.ts';

describe('decimals that an error bound promises', () => {
  test.each([
    [1e-6, 6],
    [1.1e-6, 5],
    [9.99e-6, 5],
    [1e-5, 5],
    [0.5, 0],
    [1, 0],
    [1.1, -1],
    [30, -2],
    [100, -2],
    [5e-324, 323],
    [1.7e308, -309],
  ])('of %f are %i', (bound, decimals) => {
    expect(promisedDecimals(bound)).toBe(decimals);
  });

  test('change exactly at the powers of ten', () => {
    for (let decimals = -300; decimals <= 300; decimals++) {
      const power = Number(`1e${-decimals}`);
      expect([power, promisedDecimals(power)]).toEqual([power, decimals]);
      const above = power * (1 + Number.EPSILON);
      expect([above, promisedDecimals(above)]).toEqual([above, decimals - 1]);
    }
  });
});

describe('rounding', () => {
  const [part] = planFor('input x: cipher;\noutput y = x*x;\n').outputs;
  /** A plan whose output y has these error bounds, one for each of its parts. */
  const planWith = (...bounds: readonly number[]) =>
    ({ outputs: bounds.map((errorBound) => ({ ...part, errorBound })) }) as unknown as Plan;
  const rounded = (x: number, ...bounds: readonly number[]) =>
    roundToPromise(new Map([['y', Float64Array.of(x)]]), planWith(...bounds)).get('y');

  test.each([
    [17.99999998501736, 7.95e-6, 18],
    [17.99999498501736, 7.95e-6, 17.99999],
    [0.123456789, 1e-6, 0.123457],
    [0.123456789, 1.1e-6, 0.12346],
    [-0.0000004, 1e-6, 0],
    [2.5, 1, 3],
    [12_345.678, 30, 12_300],
    [-12_355, 10, -12_350],
    [49, 100, 0],
    [51, 100, 100],
    [7, 1.7e308, 0],
    [1.2345e25, 1e-6, 1.2345e25],
    [1.2345e-120, 1e-130, 1.2345e-120],
    [1.2345678e300, 1e295, 1.23457e300],
  ])('%f with the error bound %f is %f', (x, bound, expected) => {
    expect(rounded(x, bound)).toEqual(Float64Array.of(expected));
  });

  test('takes the largest error bound of the parts of an output', () => {
    expect(rounded(0.123456789, 1e-6, 1e-3, 0)).toEqual(Float64Array.of(0.123));
  });

  test('changes nothing that is exact', () => {
    expect(rounded(0.1 + 0.2, 0)).toEqual(Float64Array.of(0.1 + 0.2));
  });
});
