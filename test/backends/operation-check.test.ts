import { expect, test } from 'vitest';
import {
  type BudgetCheck,
  type ErrorCheck,
  marginOf,
  ratioOf,
} from '../../src/backends/seal/operation-check.ts';

const place = { index: 0, level: 0, instance: 0, slot: 0 };

test('an error is a fraction of its bound; no number is a fault', () => {
  expect(ratioOf({ error: 1, bound: 4 })).toBe(0.25);
  expect(ratioOf({ error: 0, bound: 0 })).toBe(0);
  expect(ratioOf({ error: 1, bound: 0 })).toBe(Number.POSITIVE_INFINITY);
  expect(ratioOf({ error: Number.NaN, bound: 4 })).toBe(Number.POSITIVE_INFINITY);
});

test('the margin of an operation is what is left of its bound, negative for a fault', () => {
  const check = (ratio: number): ErrorCheck => ({
    ...{ ...place, expected: 1, got: 1, scaleBits: 40, magnitude: 1 },
    ...{ error: ratio, bound: 1, sampled: false, ratio },
  });
  expect([0, 0.25, 1, 3].map((ratio) => marginOf(check(ratio)))).toEqual([1, 0.75, 0, -2]);
});

test('the margin of integers is in bits of noise budget; a wrong number is a fault', () => {
  const check = (got: number, measuredBudget: number): BudgetCheck => ({
    ...{ ...place, expected: 5, got },
    ...{ predictedBudget: 10, measuredBudget },
  });
  expect(marginOf(check(5, 17))).toBe(7);
  expect(marginOf(check(5, 9))).toBe(-1);
  expect(marginOf(check(6, 17))).toBe(Number.NEGATIVE_INFINITY);
  // Without budget a number may be wrong, whatever was predicted.
  const spent = { ...check(5, 0), predictedBudget: 0 };
  expect(marginOf(spent)).toBe(Number.NEGATIVE_INFINITY);
});
