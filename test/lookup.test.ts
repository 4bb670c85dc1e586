import { describe, expect, it } from 'vitest';
import { at, defined, largestOf, last, lookUp, smallestOf } from '../src/lookup.ts';

describe('lookups', () => {
  it('return existing values, also 0 and false', () => {
    expect(at([5, 0], 1)).toBe(0);
    expect(at(new Float64Array([2]), 0)).toBe(2);
    expect(last([true, false])).toBe(false);
    expect(lookUp(new Map([['a', 0]]), 'a')).toBe(0);
    expect(defined(0)).toBe(0);
  });

  it('throw an error that names the missing value', () => {
    expect(() => at([5, 0], 2)).toThrow('no element 2 in a list of 2');
    expect(() => at([5, 0], -1)).toThrow('no element -1 in a list of 2');
    expect(() => at([undefined], 0)).toThrow('no element 0 in a list of 1');
    expect(() => last([])).toThrow('no element -1 in a list of 0');
    expect(() => lookUp(new Map([['a', 0]]), 'b')).toThrow('no value for the key b');
    expect(() => defined(undefined)).toThrow('a value is missing');
  });
});

describe('the largest and the smallest number', () => {
  it('are those of lists of any length', () => {
    const numbers = Array.from({ length: 1_000_000 }, (_, i) => (i + 400_000) % 1_000_000);
    expect(largestOf(numbers)).toBe(999_999);
    expect(smallestOf(numbers)).toBe(0);
    expect(largestOf(new Set([3, -1, 2]))).toBe(3);
    expect(smallestOf([3, -1, 2])).toBe(-1);
  });

  it('of none is infinite, and of one that is not a number is not one', () => {
    expect(largestOf([])).toBe(Number.NEGATIVE_INFINITY);
    expect(smallestOf([])).toBe(Number.POSITIVE_INFINITY);
    expect(largestOf([1, Number.NaN, 2])).toBeNaN();
    expect(smallestOf([1, Number.NaN, 2])).toBeNaN();
  });
});
