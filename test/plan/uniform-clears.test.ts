import { expect, test } from 'vitest';
import type { CkksOp, SlotMap } from '../../src/plan/plan.ts';
import { uniformClears } from '../../src/plan/uniform-clears.ts';
import { scalarMap, vectorMap } from '../backends/plans.ts';

const everywhere: SlotMap = { ...scalarMap, copies: [{ count: 4, stride: 1 }] };

/** Whether the last of these operations on vectors of four slots is known to be uniform. */
const isUniform = (...ops: CkksOp[]) => uniformClears({ ops, slots: 4 }).at(-1) === 1;

test.each([
  ['a number', 0.5, true],
  ['equal numbers in all slots', [2, 2, 2, 2], true],
  ['different numbers', [2, 2, 2, 3], false],
  ['shorter than the slots', [2, 2], false],
  ['zeros, shorter than the slots', [0, 0], true],
] as const)('a constant: %s', (_, data, expected) => {
  expect(isUniform({ op: 'const', data: typeof data === 'number' ? data : [...data] })).toBe(
    expected,
  );
});

test('a plain input is uniform if one element fills all slots', () => {
  expect(isUniform({ op: 'plainInput', input: 'p', map: everywhere })).toBe(true);
  expect(isUniform({ op: 'plainInput', input: 'p', map: scalarMap })).toBe(false);
  expect(isUniform({ op: 'plainInput', input: 'p', map: vectorMap(4) })).toBe(false);
});

test('operations are uniform if their operands are', () => {
  const one: CkksOp = { op: 'const', data: 1 };
  const vector: CkksOp = { op: 'const', data: [1, 2] };
  expect(isUniform(one, { op: 'clearAdd', args: [0, 0] })).toBe(true);
  expect(isUniform(one, vector, { op: 'clearMul', args: [0, 1] })).toBe(false);
  expect(isUniform(vector, { op: 'clearRotate', args: [0], steps: 1 })).toBe(false);
  expect(isUniform(one, { op: 'clearInverse', args: [0], map: everywhere })).toBe(true);
  expect(isUniform(one, { op: 'clearInverse', args: [0], map: vectorMap(2) })).toBe(false);
});

test('ciphertexts are not uniform', () => {
  expect(isUniform({ op: 'upload', input: 'x', map: everywhere, level: 0 })).toBe(false);
});
