import { expect, test } from 'vitest';
import { type RunIndex, runIndex, type ValueId } from '../../src/plan/index-space.ts';
import { operands } from '../../src/plan/liveness.ts';
import type { PlanOp } from '../../src/plan/plan.ts';

const takesValue = (value: ValueId): number => value;
const takesPlace = (place: RunIndex): number => place;

test('values of a plan and places of a run do not mix; the type checker sees to it', () => {
  const op: PlanOp = { op: 'negate', args: [3], level: 1 };
  const [value] = operands(op) as readonly [ValueId];
  expect(takesValue(value)).toBe(3);
  expect(takesPlace(runIndex(3))).toBe(3);
  // @ts-expect-error an operand is no place
  takesPlace(value);
  // @ts-expect-error a place names no value
  takesValue(runIndex(3));
  // @ts-expect-error a number is no place unless it is said to be one
  takesPlace(3);
});
