import { describe, expect, test } from 'vitest';
import { type Inputs, rangeOf, requireIntegers, requireRanges } from '../../src/data/inputs.ts';
import { coded } from '../support/coded.ts';

const inputs = (...x: number[]): Inputs =>
  new Map([['x', { data: Float64Array.from(x), locationOf: () => ({ file: 'in.json' }) }]]);
const declared = [{ name: 'x', shape: [3], range: [-1, 2] as const }];

describe('data in a range', () => {
  test('may be at its ends, and nowhere beyond', () => {
    expect(() => requireRanges(inputs(-1, 0, 2), declared)).not.toThrow();
    for (const beyond of [-1.001, 2.001, -1e300, 1e300])
      expect(() => requireRanges(inputs(0, beyond, 0), declared)).toThrow(coded('out-of-range'));
    expect(() => requireRanges(inputs(0, -5, 0), declared)).toThrow(
      "input 'x'[1] is -5, outside its range [-1, 2]",
    );
  });

  test('of integers are exact in float64', () => {
    expect(() => requireIntegers(inputs(-(2 ** 53) + 1, 0, 2 ** 53 - 1), declared)).not.toThrow();
    for (const bad of [0.5, 2 ** 53, -(2 ** 60), Number.NaN])
      expect(() => requireIntegers(inputs(0, 0, bad), declared)).toThrow(coded('not-an-integer'));
  });
});

describe('the range of data', () => {
  test('is rounded outwards to two digits', () => {
    expect(rangeOf([inputs(-1.234, 0, 5.678)], 'x')).toEqual([-1.3, 5.7]);
    expect(rangeOf([inputs(0.101), inputs(0.199)], 'x')).toEqual([0.1, 0.2]);
    expect(rangeOf([inputs(12.5)], 'x')).toEqual([12, 13]);
  });

  test('never crosses zero, and contains numbers that have two digits', () => {
    expect(rangeOf([inputs(0.00123, 4)], 'x')).toEqual([0.0012, 4]);
    expect(rangeOf([inputs(-3, -0.0099)], 'x')).toEqual([-3, -0.0099]);
    expect(rangeOf([inputs(0)], 'x')).toEqual([0, 0]);
    expect(rangeOf([], 'x')).toEqual([0, 0]);
  });
});
