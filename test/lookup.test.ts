import { describe, expect, it } from 'vitest';
import { at, defined, last, lookUp } from '../src/lookup.ts';

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
