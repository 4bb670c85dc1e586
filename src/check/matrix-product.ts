import { largestOf } from '../lookup.ts';
import type { Span } from '../syntax/diagnostic.ts';
import { showShape } from '../tensor/tensor.ts';
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
  return m === 3 || n === 3 ? batched(ops, a, b, span) : plain(ops, a, b, span);
}

function plain<W>(ops: Operations<W>, a: Value<W>, b: Value<W>, span: Span): Value<W> | undefined {
  const rows = a.shape.length - 1;
  const rank = rows + b.shape.length - 1;
  const lhs = rows ? [0, rank] : [rank];
  const rhs = b.shape.length === 2 ? [rank, rank - 1] : [rank];
  return ops.apply({ kind: 'mul', lhs, rhs, rank }, [a, b], span);
}

/**
 * Evaluates a matrix product for each index of the first axis. An operand without that axis, or
 * with extent 1 there, is used in all of them.
 */
function batched<W>(
  ops: Operations<W>,
  a: Value<W>,
  b: Value<W>,
  span: Span,
): Value<W> | undefined {
  const extents = [a, b].flatMap((v) => (v.shape.length === 3 ? v.shape.slice(0, 1) : []));
  const batch = largestOf(extents);
  if (extents.some((extent) => extent !== batch && extent !== 1)) {
    return ops.refuse(
      'shape-mismatch',
      `cannot multiply ${showShape(a.shape)} @ ${showShape(b.shape)}: the numbers of matrices are ${extents[0]} and ${extents[1]}`,
      span,
    );
  }
  const narrow = (v: Value<W>) =>
    v.shape.length === 3 && v.shape[0] === 1 && batch > 1
      ? ops.apply(
          { kind: 'slice', starts: [0, 0, 0], sizes: v.shape, drop: [true, false, false] },
          [v],
          span,
        )
      : v;
  const [x, y] = [narrow(a), narrow(b)];
  if (!x || !y) return undefined;
  const hasRows = x.shape.length > 1;
  const hasColumns = y.shape.length > 1;
  const rank = 1 + Number(hasRows) + Number(hasColumns);
  const lhs = [...(x.shape.length === 3 ? [0] : []), ...(hasRows ? [1] : []), rank];
  const rhs = [...(y.shape.length === 3 ? [0] : []), rank, ...(hasColumns ? [rank - 1] : [])];
  return ops.apply({ kind: 'mul', lhs, rhs, rank }, [x, y], span);
}
