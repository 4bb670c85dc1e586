import type { z } from 'zod';
import { at, last } from '../lookup.ts';
import type { TENSOR_OPS } from './op-schema.ts';
import {
  broadcastShape,
  gather,
  offsetsOf,
  type Ring,
  type Shape,
  type Strided,
  sameShape,
  sizeOf,
  stridesOf,
  type Tensor,
} from './tensor.ts';

/**
 * A tensor operation. The same operations are used to check a program, to compute its constants, as
 * nodes of the graph, and to evaluate circuits over any ring.
 *
 * A product has a label for each axis of its operands. Labels below the rank of the result are the
 * axes of the result, in order; the others are summed over. So `lhs [0,1], rhs [1]` with rank 1 is
 * a product of a matrix and a vector, `[0] [0]` is elementwise with rank 1 and a dot product with
 * rank 0, and `[] [0]` with rank 1 is a scaling.
 */
export type TensorOp = Frozen<z.infer<(typeof TENSOR_OPS)[keyof typeof TENSOR_OPS]>>;

/** A type with the same fields, where neither fields nor their lists can be written. */
type Frozen<T> = {
  readonly [Field in keyof T]: T[Field] extends (infer Element)[] ? readonly Element[] : T[Field];
};

/** The number of operands of an operation; `some` means one or more. */
export type Arity = 0 | 1 | 2 | 'some';

/** A tuple of the operands for an arity. */
export type Operands<A extends Arity, T> = {
  0: readonly [];
  1: readonly [T];
  2: readonly [T, T];
  some: readonly [T, ...T[]];
}[A];

/** The number of operands of each tensor operation. */
export const TENSOR_ARITIES = {
  add: 2,
  sub: 2,
  neg: 1,
  inverse: 1,
  mul: 2,
  pow: 1,
  sum: 1,
  broadcast: 1,
  permute: 1,
  slice: 1,
  reindex: 1,
  rotate: 1,
  cumsum: 1,
  concat: 'some',
  stack: 'some',
} as const satisfies Record<TensorOp['kind'], Arity>;

/** Whether the number of operands agrees with an arity. */
export function hasArity(arity: Arity, operands: readonly unknown[]): boolean {
  return arity === 'some' ? operands.length > 0 : operands.length === arity;
}

/** A tensor operation of one kind. */
export type OpOf<K extends TensorOp['kind']> = Extract<TensorOp, { kind: K }>;

/** Thrown when operands do not fit an operation: a mistake of the caller, never of a user. */
export class IllegalOperation extends Error {
  override readonly name = 'IllegalOperation';
}

function illegal(op: TensorOp, shapes: readonly Shape[]): IllegalOperation {
  return new IllegalOperation(`illegal ${JSON.stringify(op)} on shapes ${JSON.stringify(shapes)}`);
}

function require(condition: boolean, op: TensorOp, shapes: readonly Shape[]): void {
  if (!condition) throw illegal(op, shapes);
}

/**
 * Returns the extent of every label of a product. Throws an IllegalOperation if two axes with the
 * same label differ.
 */
export function labelExtents(op: OpOf<'mul'>, shapes: readonly [Shape, Shape]): readonly number[] {
  const extents: number[] = [];
  const note = (labels: readonly number[], shape: Shape) => {
    require(labels.length === shape.length, op, shapes);
    shape.forEach((extent, axis) => {
      const label = at(labels, axis);
      require(extents[label] === undefined || extents[label] === extent, op, shapes);
      extents[label] = extent;
    });
  };
  note(op.lhs, shapes[0]);
  note(op.rhs, shapes[1]);
  for (let label = 0; label < Math.max(op.rank, extents.length); label++) {
    require(extents[label] !== undefined, op, shapes);
  }
  return extents;
}

/**
 * Returns the shape of an operation's result. An operation is legal if this function accepts it.
 * Throws an IllegalOperation if the operands do not fit.
 */
export function resultShape(op: TensorOp, shapes: readonly Shape[]): Shape {
  const a = shapes[0];
  if (!a || !hasArity(TENSOR_ARITIES[op.kind], shapes)) throw illegal(op, shapes);
  switch (op.kind) {
    case 'add':
    case 'sub':
      require(sameShape(a, at(shapes, 1)), op, shapes);
      return a;
    case 'neg':
    case 'inverse':
      return a;
    case 'pow':
      require(Number.isInteger(op.exponent) && op.exponent >= 2, op, shapes);
      return a;
    case 'mul':
      return labelExtents(op, [a, at(shapes, 1)]).slice(0, op.rank);
    case 'sum':
      require(op.axes.every((axis) => axis < a.length), op, shapes);
      return a.filter((_, axis) => !op.axes.includes(axis));
    case 'broadcast':
      require(op.axes.length === a.length, op, shapes);
      op.axes.forEach((to, axis) => {
        require(op.shape[to] === a[axis], op, shapes);
      });
      return op.shape;
    case 'permute':
      require([...op.order].sort((x, y) => x - y).every((axis, k) => axis === k), op, shapes);
      require(op.order.length === a.length, op, shapes);
      return op.order.map((axis) => at(a, axis));
    case 'slice':
      require(op.starts.length === a.length && op.sizes.length === a.length, op, shapes);
      a.forEach((extent, axis) => {
        const [start = -1, size = 0] = [op.starts[axis], op.sizes[axis]];
        require(start >= 0 && size >= 1 && start + size <= extent, op, shapes);
        require(!op.drop[axis] || size === 1, op, shapes);
      });
      return op.sizes.filter((_, axis) => !op.drop[axis]);
    case 'reindex':
      require(op.strides.length === op.shape.length && op.from >= 0, op, shapes);
      require(lastElement(op) < sizeOf(a), op, shapes);
      return op.shape;
    case 'rotate':
    case 'cumsum':
      require(a.length === 1, op, shapes);
      return a;
    case 'concat':
      require(a.length > 0, op, shapes);
      require(shapes.every((s) => sameShape(s.slice(1), a.slice(1))), op, shapes);
      return [shapes.reduce((sum, s) => sum + (s[0] ?? 0), 0), ...a.slice(1)];
    case 'stack':
      require(shapes.every((s) => sameShape(s, a)), op, shapes);
      return [shapes.length, ...a];
  }
}

/** Evaluates an operation over a ring. Throws an IllegalOperation as {@link resultShape} does. */
export function applyOp<T>(op: TensorOp, args: readonly Tensor<T>[], ring: Ring<T>): Tensor<T> {
  const shape = resultShape(
    op,
    args.map((t) => t.shape),
  );
  const a = at(args, 0);
  const strides = stridesOf(a.shape);
  switch (op.kind) {
    case 'add':
      return zip(shape, a, at(args, 1), ring.add);
    case 'sub':
      return zip(shape, a, at(args, 1), ring.subtract);
    case 'neg':
      return { shape, data: a.data.map((x) => ring.negate(x)) };
    case 'inverse':
      return { shape, data: a.data.map((x) => ring.invert(x)) };
    case 'pow':
      return { shape, data: a.data.map((x) => power(x, op.exponent, ring)) };
    case 'mul':
      return contract(op, [a, at(args, 1)], shape, ring);
    case 'sum':
      return sumAxes(op.axes, a, shape, ring);
    case 'broadcast': {
      const spread = new Array<number>(shape.length).fill(0);
      op.axes.forEach((to, axis) => {
        spread[to] = at(strides, axis);
      });
      return gather(a.data, shape, 0, spread);
    }
    case 'permute':
      return gather(
        a.data,
        shape,
        0,
        op.order.map((axis) => at(strides, axis)),
      );
    case 'slice': {
      const from = op.starts.reduce((sum, start, axis) => sum + start * at(strides, axis), 0);
      return gather(
        a.data,
        shape,
        from,
        strides.filter((_, axis) => !op.drop[axis]),
      );
    }
    case 'reindex':
      return gather(a.data, shape, op.from, op.strides);
    case 'rotate': {
      const n = a.data.length;
      const cut = ((op.steps % n) + n) % n;
      return { shape, data: [...a.data.slice(cut), ...a.data.slice(0, cut)] };
    }
    case 'cumsum':
      return { shape, data: runningSums(a.data, ring) };
    case 'concat':
    case 'stack':
      return { shape, data: args.flatMap((t) => t.data) };
  }
}

function runningSums<T>([first, ...others]: readonly T[], ring: Ring<T>): T[] {
  const sums = [first as T];
  for (const x of others) sums.push(ring.add(last(sums), x));
  return sums;
}

/** Returns the largest row-major index of an element that an operation reads. */
function lastElement({ shape, from, strides }: OpOf<'reindex'>): number {
  return shape.reduce((last, extent, axis) => last + (extent - 1) * at(strides, axis), from);
}

function zip<T>(shape: Shape, a: Tensor<T>, b: Tensor<T>, f: (x: T, y: T) => T): Tensor<T> {
  return { shape, data: a.data.map((x, i) => f(x, b.data[i] as T)) };
}

function power<T>(base: T, exponent: number, ring: Ring<T>): T {
  let result: T | undefined;
  let square = base;
  for (let e = exponent; ; square = ring.multiply(square, square)) {
    if (e % 2 === 1) {
      result = result === undefined ? square : ring.multiply(result, square);
      if (e === 1) return result;
    }
    e = Math.floor(e / 2);
  }
}

/**
 * Returns the strides of an operand along every label of a product, 0 for labels it does not have.
 */
export function labelStrides(labels: readonly number[], shape: Shape, count: number): number[] {
  const strides = stridesOf(shape);
  const byLabel = new Array<number>(count).fill(0);
  labels.forEach((label, axis) => {
    byLabel[label] = at(byLabel, label) + at(strides, axis);
  });
  return byLabel;
}

function contract<T>(
  op: OpOf<'mul'>,
  [a, b]: readonly [Tensor<T>, Tensor<T>],
  shape: Shape,
  ring: Ring<T>,
): Tensor<T> {
  const extents = labelExtents(op, [a.shape, b.shape]);
  const left = labelStrides(op.lhs, a.shape, extents.length);
  const right = labelStrides(op.rhs, b.shape, extents.length);
  if (ring.rowProducts && isMatrixProduct(op, extents)) {
    const [rows = 0, columns = 0, count = 0] = extents;
    const products = ring.rowProducts(
      { data: a.data, starts: offsetsOf([rows], left, 0), step: last(left), count },
      { data: b.data, starts: offsetsOf([columns], right.slice(1), 0), step: last(right), count },
    );
    if (products) return { shape, data: products };
  }
  const outer = extents.slice(0, op.rank);
  const x = offsetsOf(outer, left, 0);
  const y = offsetsOf(outer, right, 0);
  if (extents.length === op.rank) {
    const product = (from: number, i: number) =>
      ring.multiply(a.data[from] as T, b.data[at(y, i)] as T);
    return { shape, data: x.map(product) };
  }
  // Each run sums over the last label. The runs are then added over the other summed labels.
  const runs = extents.slice(op.rank, -1);
  const innerX = offsetsOf(runs, left.slice(op.rank), 0);
  const innerY = offsetsOf(runs, right.slice(op.rank), 0);
  const runX = { data: a.data, from: 0, step: last(left) };
  const runY = { data: b.data, from: 0, step: last(right) };
  const count = last(extents);
  const data = x.map((fromX, i) => {
    const fromY = at(y, i);
    const parts = innerX.map((offset, run) => {
      runX.from = fromX + offset;
      runY.from = fromY + at(innerY, run);
      return sumOfProducts(ring, runX, runY, count);
    });
    return parts.reduce((sum, part) => ring.add(sum, part));
  });
  return { shape, data };
}

/** Whether a product consists of dot products of rows of the first operand and of the second. */
function isMatrixProduct({ lhs, rhs, rank }: OpOf<'mul'>, extents: Shape): boolean {
  if (rank !== 2 || extents.length !== 3) return false;
  return lhs.includes(0) && !lhs.includes(1) && rhs.includes(1) && !rhs.includes(0);
}

function sumOfProducts<T>(ring: Ring<T>, x: Strided<T>, y: Strided<T>, count: number): T {
  if (ring.sumOfProducts && count > 1) return ring.sumOfProducts(x, y, count);
  let sum = ring.multiply(x.data[x.from] as T, y.data[y.from] as T);
  for (let i = 1, a = x.from, b = y.from; i < count; i++) {
    a += x.step;
    b += y.step;
    sum = ring.add(sum, ring.multiply(x.data[a] as T, y.data[b] as T));
  }
  return sum;
}

function sumAxes<T>(axes: readonly number[], a: Tensor<T>, shape: Shape, ring: Ring<T>): Tensor<T> {
  const strides = stridesOf(a.shape);
  const order = [...a.shape.keys()].filter((axis) => !axes.includes(axis)).concat([...axes]);
  const boxed = gather(
    a.data,
    order.map((axis) => at(a.shape, axis)),
    0,
    order.map((axis) => at(strides, axis)),
  ).data;
  const inner = sizeOf(axes.map((axis) => at(a.shape, axis)));
  const data = Array.from({ length: sizeOf(shape) }, (_, i) =>
    boxed.slice(i * inner, (i + 1) * inner).reduce((x, y) => ring.add(x, y)),
  );
  return { shape, data };
}

/** Returns an elementwise product with broadcasting. Axes of extent 1 must have been dropped. */
export function elementwiseProduct(a: Shape, b: Shape): OpOf<'mul'> {
  const rank = Math.max(a.length, b.length);
  const labels = (shape: Shape) => [...shape.keys()].map((axis) => axis + rank - shape.length);
  return { kind: 'mul', lhs: labels(a), rhs: labels(b), rank };
}

/** Whether a product is elementwise, with NumPy's broadcasting. */
export function isElementwiseProduct(op: OpOf<'mul'>, a: Shape, b: Shape): boolean {
  if (broadcastShape(a, b) === undefined) return false;
  const aligned = elementwiseProduct(a, b);
  return (
    op.rank === aligned.rank &&
    op.lhs.join() === aligned.lhs.join() &&
    op.rhs.join() === aligned.rhs.join()
  );
}
