import { expect, test } from 'vitest';
import { type RunIndex, runIndex, type ValueId } from '../../src/plan/index-space.ts';
import { operands } from '../../src/plan/liveness.ts';
import type { PlanOp } from '../../src/plan/plan.ts';

const takesValue = (value: ValueId): number => value;
const takesRunIndex = (index: RunIndex): number => index;

test('indices of a plan and of a run are not assignable to each other', () => {
  const op: PlanOp = { op: 'negate', args: [3], level: 1 };
  const [value] = operands(op) as readonly [ValueId];
  expect(takesValue(value)).toBe(3);
  expect(takesRunIndex(runIndex(3))).toBe(3);
  // @ts-expect-error an operand is not an index of a run
  takesRunIndex(value);
  // @ts-expect-error an index of a run is not the name of a value
  takesValue(runIndex(3));
  // @ts-expect-error a number is not an index of a run unless it is converted
  takesRunIndex(3);
});
