import { z } from 'zod';
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

const index = z.int().nonnegative();
const indices = z.array(index);
const extents = z.array(z.int().positive());

/** Fields of every operation, by kind. */
export const TENSOR_OPS = {
  add: z.strictObject({ kind: z.literal('add') }),
  sub: z.strictObject({ kind: z.literal('sub') }),
  neg: z.strictObject({ kind: z.literal('neg') }),
  /** 1/x, elementwise; never of a ciphertext. */
  inverse: z.strictObject({ kind: z.literal('inverse') }),
  mul: z.strictObject({ kind: z.literal('mul'), lhs: indices, rhs: indices, rank: index }),
  /** x^exponent, elementwise, exponent ≥ 2. */
  pow: z.strictObject({ kind: z.literal('pow'), exponent: z.int().min(2) }),
  sum: z.strictObject({ kind: z.literal('sum'), axes: indices }),
  /** The operand's axis k becomes the result's axis `axes[k]`; it is repeated along the others. */
  broadcast: z.strictObject({ kind: z.literal('broadcast'), shape: extents, axes: indices }),
  /** The result's axis k is the operand's axis `order[k]`. */
  permute: z.strictObject({ kind: z.literal('permute'), order: indices }),
  /** The box of `sizes` at `starts`; axes marked in `drop` have size 1 and vanish. */
  slice: z.strictObject({
    kind: z.literal('slice'),
    starts: indices,
    sizes: extents,
    drop: z.array(z.boolean()),
  }),
  /** Cyclic in a vector's own length: element i of the result is element i + steps. */
  rotate: z.strictObject({ kind: z.literal('rotate'), steps: z.int() }),
  /** One behind the other, along the first axis. */
  concat: z.strictObject({ kind: z.literal('concat') }),
  /** Equal shapes along a new first axis. */
  stack: z.strictObject({ kind: z.literal('stack') }),
};

/**
 * The vocabulary of tensor operations. The same few operations are used to check a program, to fold its
 * constants, as nodes of the graph, and to evaluate it over any ring.
 *
 * A product carries an axis label for each axis of its operands: labels below the result's rank are the
 * result's axes in order, the others are summed over. So `lhs [0,1], rhs [1]` with rank 1 is matrix times
 * vector, `[0] [0]` with rank 1 elementwise and with rank 0 a dot product, `[] [0]` a scaling.
 */
export type TensorOp = Frozen<z.infer<(typeof TENSOR_OPS)[keyof typeof TENSOR_OPS]>>;

/** The same fields, none of which can be written, lists included. */
type Frozen<T> = {
  readonly [Field in keyof T]: T[Field] extends (infer Element)[] ? readonly Element[] : T[Field];
};

/** Thrown where operands do not fit an operation: a fault of the caller, never of a user. */
export class IllegalOperation extends Error {
  override readonly name = 'IllegalOperation';
}

function require(condition: boolean, op: TensorOp, shapes: readonly Shape[]): void {
  if (!condition) {
    throw new IllegalOperation(`illegal ${JSON.stringify(op)} on shapes ${JSON.stringify(shapes)}`);
  }
}

/** Extent of every label of a product; throws IllegalOperation where two axes of one label differ. */
export function labelExtents(
  op: TensorOp & { kind: 'mul' },
  shapes: readonly Shape[],
): readonly number[] {
  const extents: number[] = [];
  [op.lhs, op.rhs].forEach((labels, side) => {
    const shape = shapes[side] as Shape;
    require(labels.length === shape.length, op, shapes);
    labels.forEach((label, axis) => {
      const extent = shape[axis] as number;
      require(extents[label] === undefined || extents[label] === extent, op, shapes);
      extents[label] = extent;
    });
  });
  for (let label = 0; label < Math.max(op.rank, extents.length); label++) {
    require(extents[label] !== undefined, op, shapes);
  }
  return extents;
}

/**
 * The shape an operation gives; this is the definition of legality.
 * Throws IllegalOperation where the operands do not fit.
 */
export function resultShape(op: TensorOp, shapes: readonly Shape[]): Shape {
  const [a = [], b = []] = shapes;
  const arity = (n: number) => require(shapes.length === n, op, shapes);
  switch (op.kind) {
    case 'add':
    case 'sub':
      arity(2);
      require(sameShape(a, b), op, shapes);
      return a;
    case 'neg':
    case 'inverse':
      arity(1);
      return a;
    case 'pow':
      arity(1);
      require(Number.isInteger(op.exponent) && op.exponent >= 2, op, shapes);
      return a;
    case 'mul':
      arity(2);
      return labelExtents(op, shapes).slice(0, op.rank);
    case 'sum':
      arity(1);
      require(op.axes.every((axis) => axis < a.length), op, shapes);
      return a.filter((_, axis) => !op.axes.includes(axis));
    case 'broadcast':
      arity(1);
      require(op.axes.length === a.length, op, shapes);
      op.axes.forEach((to, axis) => {
        require(op.shape[to] === a[axis], op, shapes);
      });
      return op.shape;
    case 'permute':
      arity(1);
      require([...op.order].sort((x, y) => x - y).every((axis, k) => axis === k), op, shapes);
      require(op.order.length === a.length, op, shapes);
      return op.order.map((axis) => a[axis] as number);
    case 'slice':
      arity(1);
      require(op.starts.length === a.length && op.sizes.length === a.length, op, shapes);
      a.forEach((extent, axis) => {
        const [start = -1, size = 0] = [op.starts[axis], op.sizes[axis]];
        require(start >= 0 && size >= 1 && start + size <= extent, op, shapes);
        require(!op.drop[axis] || size === 1, op, shapes);
      });
      return op.sizes.filter((_, axis) => !op.drop[axis]);
    case 'rotate':
      arity(1);
      require(a.length === 1, op, shapes);
      return a;
    case 'concat':
      require(shapes.length > 0 && a.length > 0, op, shapes);
      require(shapes.every((s) => sameShape(s.slice(1), a.slice(1))), op, shapes);
      return [shapes.reduce((sum, s) => sum + (s[0] ?? 0), 0), ...a.slice(1)];
    case 'stack':
      require(shapes.length > 0 && shapes.every((s) => sameShape(s, a)), op, shapes);
      return [shapes.length, ...a];
  }
}

/** Evaluates one operation over a ring. Operands are legal: see resultShape. */
export function applyOp<T>(op: TensorOp, args: readonly Tensor<T>[], ring: Ring<T>): Tensor<T> {
  const a = args[0] as Tensor<T>;
  const shape = resultShape(
    op,
    args.map((t) => t.shape),
  );
  const strides = stridesOf(a.shape);
  switch (op.kind) {
    case 'add':
      return zip(shape, a, args[1] as Tensor<T>, ring.add);
    case 'sub':
      return zip(shape, a, args[1] as Tensor<T>, ring.subtract);
    case 'neg':
      return { shape, data: a.data.map((x) => ring.negate(x)) };
    case 'inverse':
      return { shape, data: a.data.map((x) => ring.invert(x)) };
    case 'pow':
      return { shape, data: a.data.map((x) => power(x, op.exponent, ring)) };
    case 'mul':
      return contract(op, a, args[1] as Tensor<T>, shape, ring);
    case 'sum':
      return sumAxes(op.axes, a, shape, ring);
    case 'broadcast': {
      const spread = new Array<number>(shape.length).fill(0);
      op.axes.forEach((to, axis) => {
        spread[to] = strides[axis] as number;
      });
      return gather(a.data, shape, 0, spread);
    }
    case 'permute':
      return gather(
        a.data,
        shape,
        0,
        op.order.map((axis) => strides[axis] as number),
      );
    case 'slice': {
      const from = op.starts.reduce(
        (sum, start, axis) => sum + start * (strides[axis] as number),
        0,
      );
      return gather(
        a.data,
        shape,
        from,
        strides.filter((_, axis) => !op.drop[axis]),
      );
    }
    case 'rotate': {
      const n = a.data.length;
      const cut = ((op.steps % n) + n) % n;
      return { shape, data: [...a.data.slice(cut), ...a.data.slice(0, cut)] };
    }
    case 'concat':
    case 'stack':
      return { shape, data: args.flatMap((t) => t.data) };
  }
}

function zip<T>(shape: Shape, a: Tensor<T>, b: Tensor<T>, f: (x: T, y: T) => T): Tensor<T> {
  return { shape, data: a.data.map((x, i) => f(x, b.data[i] as T)) };
}

function power<T>(base: T, exponent: number, ring: Ring<T>): T {
  let result: T | undefined;
  let square = base;
  for (let e = exponent; ; square = ring.multiply(square, square)) {
    if (e % 2 === 1) result = result === undefined ? square : ring.multiply(result, square);
    e = Math.floor(e / 2);
    if (e === 0) return result as T;
  }
}

/** Strides of an operand along every label of a product, 0 where it lacks the label. */
function labelStrides(labels: readonly number[], shape: Shape, count: number): number[] {
  const strides = stridesOf(shape);
  const byLabel = new Array<number>(count).fill(0);
  labels.forEach((label, axis) => {
    (byLabel[label] as number) += strides[axis] as number;
  });
  return byLabel;
}

function contract<T>(
  op: TensorOp & { kind: 'mul' },
  a: Tensor<T>,
  b: Tensor<T>,
  shape: Shape,
  ring: Ring<T>,
): Tensor<T> {
  const extents = labelExtents(op, [a.shape, b.shape]);
  const left = labelStrides(op.lhs, a.shape, extents.length);
  const right = labelStrides(op.rhs, b.shape, extents.length);
  if (ring.rowProducts && isMatrixProduct(op, extents)) {
    const [rows, columns, count] = extents as [number, number, number];
    const products = ring.rowProducts(
      { data: a.data, starts: offsetsOf([rows], left, 0), step: left[2] as number, count },
      {
        data: b.data,
        starts: offsetsOf([columns], right.slice(1), 0),
        step: right[2] as number,
        count,
      },
    );
    if (products) return { shape, data: products };
  }
  const outer = extents.slice(0, op.rank);
  const x = offsetsOf(outer, left, 0);
  const y = offsetsOf(outer, right, 0);
  if (extents.length === op.rank) {
    const product = (from: number, i: number) =>
      ring.multiply(a.data[from] as T, b.data[y[i] as number] as T);
    return { shape, data: x.map(product) };
  }
  // The last label by runs, whatever its strides; other labels that are summed over run by run.
  const last = extents.length - 1;
  const runs = extents.slice(op.rank, last);
  const innerX = offsetsOf(runs, left.slice(op.rank), 0);
  const innerY = offsetsOf(runs, right.slice(op.rank), 0);
  const runX = { data: a.data, from: 0, step: left[last] as number };
  const runY = { data: b.data, from: 0, step: right[last] as number };
  const count = extents[last] as number;
  const data: T[] = new Array(x.length);
  for (let i = 0; i < x.length; i++) {
    let sum: T | undefined;
    for (let run = 0; run < innerX.length; run++) {
      runX.from = (x[i] as number) + (innerX[run] as number);
      runY.from = (y[i] as number) + (innerY[run] as number);
      const part = sumOfProducts(ring, runX, runY, count);
      sum = sum === undefined ? part : ring.add(sum, part);
    }
    data[i] = sum as T;
  }
  return { shape, data };
}

/** Whether rows of the first operand meet those of the second, each in one place, and are summed over. */
function isMatrixProduct({ lhs, rhs, rank }: TensorOp & { kind: 'mul' }, extents: Shape): boolean {
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
    order.map((axis) => a.shape[axis] as number),
    0,
    order.map((axis) => strides[axis] as number),
  ).data;
  const inner = sizeOf(axes.map((axis) => a.shape[axis] as number));
  const data = Array.from({ length: sizeOf(shape) }, (_, i) =>
    boxed.slice(i * inner, (i + 1) * inner).reduce((x, y) => ring.add(x, y)),
  );
  return { shape, data };
}

/** Axis labels of an elementwise product with broadcasting; extents of 1 must have been dropped. */
export function elementwiseProduct(a: Shape, b: Shape): TensorOp & { kind: 'mul' } {
  const rank = (broadcastShape(a, b) as Shape).length;
  const labels = (shape: Shape) => [...shape.keys()].map((axis) => axis + rank - shape.length);
  return { kind: 'mul', lhs: labels(a), rhs: labels(b), rank };
}

/** Whether a product is elementwise, with nothing but NumPy's broadcasting. */
export function isElementwiseProduct(op: TensorOp & { kind: 'mul' }, a: Shape, b: Shape): boolean {
  if (broadcastShape(a, b) === undefined) return false;
  const aligned = elementwiseProduct(a, b);
  return (
    op.rank === aligned.rank &&
    op.lhs.join() === aligned.lhs.join() &&
    op.rhs.join() === aligned.rhs.join()
  );
}
