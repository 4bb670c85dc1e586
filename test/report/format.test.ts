import { expect, test } from 'vitest';
import { cut, wrap } from '../../src/render/text-layout.ts';

test('lines are wrapped between words', () => {
  expect(wrap('one two three', 8)).toBe('one two\nthree');
  expect(wrap('one two three', 8, '  ')).toBe('  one\n  two\n  three');
  expect(wrap('incomprehensible', 4)).toBe('incomprehensible');
  expect(wrap('a b', 3)).toBe('a b');
});

test('cut texts end with …', () => {
  expect([cut('abcd', 4), cut('abcde', 4), cut('abc', 0)]).toEqual(['abcd', 'abc…', '…']);
});
