import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { type ClearValue, evaluateClearOp, REALS, rotateInto } from '../../src/plan/clear-ops.ts';
import type { ClearOp } from '../../src/plan/plan.ts';
import { vectorMap } from '../backends/plans.ts';
import { coded } from '../support/coded.ts';

const values: ClearValue[] = [3, Float64Array.of(1, 2, 4, 0), Float64Array.of(5, 6, 7, 8)];

function evaluate(op: ClearOp): ClearValue {
  const inputs = [Float64Array.of(1, 2), Float64Array.of(3, 4)];
  return evaluateClearOp(op, (index) => defined(values[index]), {
    ring: REALS,
    slots: 2,
    blocks: 2,
    read: (_, block) => defined(inputs[block]),
  });
}

test.each<[ClearOp, ClearValue]>([
  [{ op: 'const', data: 4 }, 4],
  [{ op: 'const', data: [4] }, Float64Array.of(4, 0, 4, 0)],
  [{ op: 'plainInput', input: 'p', map: vectorMap(2) }, Float64Array.of(1, 2, 3, 4)],
  [{ op: 'clearAdd', args: [0, 0] }, 6],
  [{ op: 'clearAdd', args: [1, 2] }, Float64Array.of(6, 8, 11, 8)],
  [{ op: 'clearSub', args: [0, 1] }, Float64Array.of(2, 1, -1, 3)],
  [{ op: 'clearSub', args: [1, 0] }, Float64Array.of(-2, -1, 1, -3)],
  [{ op: 'clearMul', args: [1, 2] }, Float64Array.of(5, 12, 28, 0)],
  [{ op: 'clearNegate', args: [2] }, Float64Array.of(-5, -6, -7, -8)],
  [{ op: 'clearNegate', args: [0] }, -3],
  [{ op: 'clearInverse', args: [1], map: vectorMap(1) }, Float64Array.of(1, 0, 0.25, 0)],
  [{ op: 'clearInverse', args: [0], map: vectorMap(1) }, Float64Array.of(1 / 3, 0, 1 / 3, 0)],
  [{ op: 'clearRotate', args: [2], steps: 1 }, Float64Array.of(6, 5, 8, 7)],
  [{ op: 'clearRotate', args: [2], steps: -3 }, Float64Array.of(6, 5, 8, 7)],
  [{ op: 'clearRotate', args: [0], steps: 1 }, 3],
])('%j', (op, expected) => {
  expect(evaluate(op)).toEqual(expected);
});

test('a zero divisor is refused', () => {
  expect(() => evaluate({ op: 'clearInverse', args: [1], map: vectorMap(2) })).toThrow(
    coded('division-by-zero'),
  );
});

test.each([
  [0.5, true],
  [-0.5, true],
  [4, true],
  [-4, true],
  [0.499, false],
  [-0.499, false],
])('a divisor of %d is accepted if its magnitude is 0.5 at least: %s', (divisor, accepted) => {
  const invert = () =>
    evaluateClearOp(
      { op: 'clearInverse', args: [0], map: vectorMap(1), least: 0.5 },
      () => divisor,
      { ring: REALS, slots: 2, blocks: 1, read: () => new Float64Array(2) },
    );
  if (accepted) expect(invert()).toEqual(Float64Array.of(1 / divisor, 0));
  else expect(invert).toThrow(coded('division-by-zero'));
});

test('rotation goes left, cyclically within each block', () => {
  const result = new Float64Array(8);
  rotateInto(Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7), 1, 4, result);
  expect([...result]).toEqual([1, 2, 3, 0, 5, 6, 7, 4]);
});
