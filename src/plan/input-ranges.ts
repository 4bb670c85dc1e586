import { at, lookUp } from '../lookup.ts';
import {
  hull,
  type Interval,
  negated,
  product,
  square,
  sum,
  ZERO_INTERVAL,
} from '../tensor/interval.ts';
import { labelExtents, resultShape } from '../tensor/op.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';
import type { ClientOp, Plan, PlanInput, PlanSketch } from './plan.ts';
import { shapesOf, tensorOpOf } from './precomputed.ts';

/**
 * Returns the ranges of inputs and of values that a party computes from them, by name. They follow
 * from the inputs' ranges by interval arithmetic, with one interval for each tensor.
 */
export function inputRanges({
  inputs,
  precomputed,
  prepared,
}: Plan | PlanSketch): ReadonlyMap<string, Interval> {
  const ranges = new Map<string, Interval>(inputs.map(({ name, range }) => [name, range]));
  for (const list of [precomputed, prepared]) {
    if (!list) continue;
    const intervals = intervalsOf(list.ops, inputs, ranges);
    for (const { name, value } of list.values) ranges.set(name, at(intervals, value));
  }
  return ranges;
}

function intervalsOf(
  ops: readonly ClientOp[],
  inputs: readonly PlanInput[],
  ranges: ReadonlyMap<string, Interval>,
): readonly Interval[] {
  const shapes = computedShapes(ops, inputs);
  const intervals: Interval[] = [];
  for (const op of ops) intervals.push(intervalOf(op, intervals, shapes, ranges));
  return intervals;
}

/**
 * Returns the shapes of the values of a list of operations on whole tensors.
 *
 * @throws IllegalOperation if operands do not fit their operation
 */
export function computedShapes(
  ops: readonly ClientOp[],
  inputs: readonly PlanInput[],
): readonly Shape[] {
  const known = shapesOf(inputs);
  const shapes: Shape[] = [];
  for (const op of ops) {
    if (op.kind === 'input') shapes.push(lookUp(known, op.input));
    else if (op.kind === 'const') shapes.push(op.shape);
    else
      shapes.push(
        resultShape(
          tensorOpOf(op),
          op.args.map((arg) => at(shapes, arg)),
        ),
      );
  }
  return shapes;
}

function intervalOf(
  op: ClientOp,
  intervals: readonly Interval[],
  shapes: readonly Shape[],
  ranges: ReadonlyMap<string, Interval>,
): Interval {
  const operands = 'args' in op ? op.args.map((arg) => at(intervals, arg)) : [];
  const [a = ZERO_INTERVAL, b = ZERO_INTERVAL] = operands;
  switch (op.kind) {
    case 'input':
      return lookUp(ranges, op.input);
    case 'const':
      return typeof op.data === 'number'
        ? [op.data, op.data]
        : op.data.map((x): Interval => [x, x]).reduce(hull);
    case 'add':
      return sum(a, b);
    case 'sub':
      return sum(a, negated(b));
    case 'neg':
      return negated(a);
    case 'pow':
      return square(a);
    case 'mul': {
      const [x, y] = op.args;
      const isSquare = x === y && op.lhs.join() === op.rhs.join();
      const extents = labelExtents(op, [at(shapes, x), at(shapes, y)]);
      return times(isSquare ? square(a) : product(a, b), sizeOf(extents.slice(op.rank)));
    }
    case 'sum': {
      const shape = at(shapes, op.args[0]);
      return times(a, sizeOf(op.axes.map((axis) => at(shape, axis))));
    }
    case 'broadcast':
    case 'permute':
    case 'slice':
    case 'reindex':
    case 'rotate':
      return a;
    case 'cumsum':
      // The first sum has one term.
      return hull(a, times(a, at(at(shapes, op.args[0]), 0)));
    case 'concat':
    case 'stack':
      return operands.reduce(hull);
  }
}

function times([low, high]: Interval, count: number): Interval {
  return [low * count, high * count];
}
