import { at } from '../lookup.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { TensorOp } from '../tensor/op.ts';
import { broadcastShape, showShape } from '../tensor/tensor.ts';
import type { Value } from './value.ts';
import type { Operations } from './value-operations.ts';

/**
 * Evaluates `a @ b` by NumPy's rules: it sums over the last axis of a and the last but one of b
 * (the only one of a vector).
 */
export function matrixProduct<W>(
  ops: Operations<W>,
  a: Value<W>,
  b: Value<W>,
  span: Span,
): Value<W> | undefined {
  const [m, n] = [a.shape.length, b.shape.length];
  if (m === 0 || n === 0) {
    return ops.refuse(
      'shape-mismatch',
      `@ multiplies vectors and matrices, not ${showShape(a.shape)} and ${showShape(b.shape)}`,
      span,
      'to multiply by a scalar, write *',
    );
  }
  const inner = [a.shape[m - 1], b.shape[Math.max(0, n - 2)]];
  if (inner[0] !== inner[1]) {
    const flipped =
      b.shape[n - 1] === inner[0]
        ? '.T on the right operand makes the extents equal'
        : a.shape[Math.max(0, m - 2)] === inner[1]
          ? '.T on the left operand makes the extents equal'
          : undefined;
    return ops.refuse(
      'shape-mismatch',
      `cannot multiply ${showShape(a.shape)} @ ${showShape(b.shape)}: the inner extents are ${inner[0]} and ${inner[1]}`,
      span,
      flipped,
    );
  }
  return m > 2 || n > 2 ? stacked(ops, a, b, span) : plain(ops, a, b, span);
}

function plain<W>(ops: Operations<W>, a: Value<W>, b: Value<W>, span: Span): Value<W> | undefined {
  const rows = a.shape.length - 1;
  const rank = rows + b.shape.length - 1;
  const lhs = rows ? [0, rank] : [rank];
  const rhs = b.shape.length === 2 ? [rank, rank - 1] : [rank];
  return ops.apply({ kind: 'mul', lhs, rhs, rank }, [a, b], span);
}

/**
 * Evaluates a matrix product for each index of the axes before the last two. They are broadcast by
 * NumPy's rule: an operand that lacks one, or has extent 1 there, is used for all its indices.
 */
function stacked<W>(
  ops: Operations<W>,
  a: Value<W>,
  b: Value<W>,
  span: Span,
): Value<W> | undefined {
  const stack = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!stack) {
    return ops.refuse(
      'shape-mismatch',
      `cannot multiply ${showShape(a.shape)} @ ${showShape(b.shape)}: the axes before the last two differ`,
      span,
    );
  }
  const hasRows = a.shape.length > 1;
  const hasColumns = b.shape.length > 1;
  const rank = stack.length + Number(hasRows) + Number(hasColumns);
  const matrix = (value: Value<W>, own: readonly number[]) => {
    const outer = value.shape.slice(0, -own.length);
    const shape = [...stack, ...value.shape.slice(outer.length)];
    const aligned = ops.align(value, shape, span);
    const labels = aligned?.axes.map((axis) =>
      axis < stack.length ? axis : at(own, axis - stack.length),
    );
    return aligned && labels && { value: aligned.value, labels };
  };
  const x = matrix(a, hasRows ? [stack.length, rank] : [rank]);
  const y = matrix(b, hasColumns ? [rank, rank - 1] : [rank]);
  if (!x || !y) return undefined;
  const op: TensorOp = { kind: 'mul', lhs: x.labels, rhs: y.labels, rank };
  return ops.apply(op, [x.value, y.value], span);
}
