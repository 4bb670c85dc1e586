import { Matrix } from 'ml-matrix';
import { defined } from '../../src/lookup.ts';

/**
 * A tensor of up to three axes in the clear, for comparison with linear-algebra programs. It is
 * computed with ml-matrix and shares no code with the compiler, so a bug in one of them shows.
 */
export interface Tensor {
  readonly shape: readonly number[];
  /**
   * A matrix for each index of the first of three axes, else one. A vector is a row, a scalar 1×1.
   */
  readonly matrices: readonly Matrix[];
}

/** Returns a tensor with row-major data. */
export function tensorOf(shape: readonly number[], data: readonly number[]): Tensor {
  const [count, rows, columns] = padded(shape);
  const matrices = Array.from({ length: count }, (_, i) => {
    const part = data.slice(i * rows * columns, (i + 1) * rows * columns);
    return Matrix.from1DArray(rows, columns, part);
  });
  return { shape, matrices };
}

/** Returns the row-major data of a tensor. */
export function dataOf({ matrices }: Tensor): readonly number[] {
  return matrices.flatMap((matrix) => matrix.to1DArray());
}

/** Returns the largest magnitude of an element. */
export function magnitudeOf({ matrices }: Tensor): number {
  return Math.max(...matrices.map((matrix) => Matrix.abs(matrix).max()));
}

/** Returns the shape of `a @ b` by NumPy's rules; undefined for scalars and if they do not fit. */
export function productShape(
  a: readonly number[],
  b: readonly number[],
): readonly number[] | undefined {
  if (a.length === 0 || b.length === 0) return undefined;
  if (a.at(-1) !== b.at(b.length === 1 ? 0 : -2)) return undefined;
  const batch = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  return batch && [...batch, ...a.slice(0, -1).slice(-1), ...b.slice(1).slice(-1)];
}

/** Returns `a @ b` for shapes that fit. */
export function product(a: Tensor, b: Tensor): Tensor {
  const shape = defined(productShape(a.shape, b.shape));
  const isColumn = b.shape.length === 1;
  const count = Math.max(a.matrices.length, b.matrices.length);
  const data = Array.from({ length: count }, (_, i) => {
    const right = at(b, i);
    return at(a, i)
      .mmul(isColumn ? right.transpose() : right)
      .to1DArray();
  });
  return tensorOf(shape, data.flat());
}

/** Returns the matrix of all products of an element of u and an element of v. */
export function outer(u: Tensor, v: Tensor): Tensor {
  const matrix = at(u, 0).transpose().mmul(at(v, 0));
  return { shape: [matrix.rows, matrix.columns], matrices: [matrix] };
}

/**
 * Returns the shape that two shapes broadcast to by NumPy's rules; undefined if they do not fit.
 */
export function broadcastShape(
  a: readonly number[],
  b: readonly number[],
): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const [left, right] = [a, b].map((shape) => [
    ...new Array<number>(rank - shape.length).fill(1),
    ...shape,
  ]) as [number[], number[]];
  const fits = left.every((m, axis) => m === right[axis] || m === 1 || right[axis] === 1);
  return fits ? left.map((m, axis) => (m === 1 ? defined(right[axis]) : m)) : undefined;
}

/** Returns `a + b`, `a - b` or `a * b`, elementwise, for shapes that broadcast. */
export function elementwise(operator: '+' | '-' | '*', a: Tensor, b: Tensor): Tensor {
  const shape = defined(broadcastShape(a.shape, b.shape));
  const [count, rows, columns] = padded(shape);
  const matrices = Array.from({ length: count }, (_, i) => {
    const [x, y] = [a, b].map((t) => repeated(at(t, i), rows, columns)) as [Matrix, Matrix];
    if (operator === '*') return Matrix.mul(x, y);
    return operator === '+' ? Matrix.add(x, y) : Matrix.sub(x, y);
  });
  return { shape, matrices };
}

/** Multiplies every element by a number. */
export function scaled({ shape, matrices }: Tensor, factor: number): Tensor {
  return { shape, matrices: matrices.map((matrix) => Matrix.mul(matrix, factor)) };
}

/** Returns the transpose of a matrix. */
export function transpose({ shape, matrices }: Tensor): Tensor {
  return { shape: shape.toReversed(), matrices: matrices.map((matrix) => matrix.transpose()) };
}

/** Returns the sum along one axis. */
export function sum(tensor: Tensor, axis: number): Tensor {
  const { matrices } = tensor;
  const shape = tensor.shape.toSpliced(axis, 1);
  const fromLast = tensor.shape.length - 1 - axis;
  if (fromLast === 2) return { shape, matrices: [matrices.reduce((a, b) => Matrix.add(a, b))] };
  const direction = fromLast === 1 ? 'column' : 'row';
  return tensorOf(
    shape,
    matrices.flatMap((matrix) => matrix.sum(direction)),
  );
}

/** Returns the sum of all elements. */
export function total({ matrices }: Tensor): Tensor {
  return tensorOf([], [matrices.reduce((all, matrix) => all + matrix.sum(), 0)]);
}

/** A selection along an axis: one index, or the indices from `from` to before `to`. */
export type Selection = number | readonly [from: number, to: number];

/** Returns the selected part of a tensor; axes with a single index vanish. */
export function slice(tensor: Tensor, selections: readonly Selection[]): Tensor {
  const bounds = selections.map((t) => (typeof t === 'number' ? ([t, t + 1] as const) : t));
  const shape = bounds.flatMap(([from, to], axis) =>
    typeof selections[axis] === 'number' ? [] : [to - from],
  );
  const [batch, rows, columns] = [
    ...new Array<readonly [number, number]>(3 - bounds.length).fill([0, 1]),
    ...bounds,
  ] as [readonly [number, number], readonly [number, number], readonly [number, number]];
  const parts = tensor.matrices
    .slice(...batch)
    .map((matrix) => matrix.subMatrix(rows[0], rows[1] - 1, columns[0], columns[1] - 1));
  return tensorOf(
    shape,
    parts.flatMap((part) => part.to1DArray()),
  );
}

/** Concatenates tensors along their first axis. */
export function concat(parts: readonly Tensor[]): Tensor {
  const length = parts.reduce((all, { shape }) => all + defined(shape[0]), 0);
  return tensorOf([length, ...defined(parts[0]).shape.slice(1)], parts.flatMap(dataOf));
}

/** Stacks tensors of equal shapes along a new first axis. */
export function stack(parts: readonly Tensor[]): Tensor {
  return tensorOf([parts.length, ...defined(parts[0]).shape], parts.flatMap(dataOf));
}

/** Returns a shape extended to three axes, with axes of extent 1 in front. */
function padded(shape: readonly number[]): readonly [number, number, number] {
  const [columns = 1, rows = 1, count = 1] = shape.toReversed();
  return [count, rows, columns];
}

/** Returns the matrix of an index of the first of three axes; a single matrix has all indices. */
function at({ matrices }: Tensor, index: number): Matrix {
  return defined(matrices[matrices.length === 1 ? 0 : index]);
}

/** Returns a matrix repeated along the axes where its extent is 1. */
function repeated(matrix: Matrix, rows: number, columns: number): Matrix {
  const high = matrix.rows === rows ? matrix : Matrix.ones(rows, 1).mmul(matrix);
  return high.columns === columns ? high : high.mmul(Matrix.ones(1, columns));
}
