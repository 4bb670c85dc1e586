import { at } from '../lookup.ts';
import type { Rows } from './rows.ts';

/** Elements that one tensor may have. */
export const MAX_ELEMENTS = 2 ** 24;

/** Extents, outermost axis first; empty for a scalar. */
export type Shape = readonly number[];

/** A dense tensor over any kind of number, row-major. */
export interface Tensor<T> {
  readonly shape: Shape;
  readonly data: readonly T[];
}

/** Every `step`-th element of some data, from the one at `from` on. */
export interface Strided<T> {
  readonly data: readonly T[];
  from: number;
  readonly step: number;
}

/** What tensor operations need of their numbers. */
export interface Ring<T> {
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  negate(a: T): T;
  /** Throws a RangeError where there is no inverse. */
  invert(a: T): T;
  /** Σ x[i]·y[i] over `count` ≥ 1 strided elements, where that is quicker than by additions and products. */
  sumOfProducts?(x: Strided<T>, y: Strided<T>, count: number): T;
  /** The same of each row of `x` with each of `y`, for many rows; undefined where that is no quicker. */
  rowProducts?(x: Rows<T>, y: Rows<T>): T[] | undefined;
}

/** A tensor of rank 0. */
export function scalar<T>(value: T): Tensor<T> {
  return { shape: [], data: [value] };
}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= at(shape, axis);
  }
  return strides;
}

/** Whether two shapes have the same extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** As people write it: `[3, 4]`, `scalar`. */
export function showShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : `[${shape.join(', ')}]`;
}

/** NumPy's rule: aligned at the last axis, extents equal or 1; undefined where they clash. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let back = 1; back <= rank; back++) {
    const x = a[a.length - back] ?? 1;
    const y = b[b.length - back] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    result[rank - back] = x === 1 ? y : x;
  }
  return result;
}

/** Offsets `from + Σ mₖ·strides[k]` of all elements (m₀, m₁, …) of a box, row-major. */
export function offsetsOf(box: Shape, strides: readonly number[], from: number): readonly number[] {
  let offsets = [from];
  box.forEach((extent, axis) => {
    const stride = at(strides, axis);
    const next = new Array<number>(offsets.length * extent);
    let place = 0;
    for (const offset of offsets)
      for (let m = 0; m < extent; m++) next[place++] = offset + m * stride;
    offsets = next;
  });
  return offsets;
}

/**
 * Gathers: element (m₀, m₁, …) of the box `shape` is source element `from + Σ mₖ·strides[k]`.
 * Every rearrangement of a tensor is one of these.
 */
export function gather<T>(
  source: readonly T[],
  shape: Shape,
  from: number,
  strides: readonly number[],
): Tensor<T> {
  const data: T[] = new Array(sizeOf(shape));
  let next = 0;
  const fill = (axis: number, start: number): void => {
    const [count, stride] = [shape[axis], strides[axis]];
    if (count === undefined || stride === undefined) {
      data[next++] = source[start] as T;
      return;
    }
    if (axis < shape.length - 1) {
      for (let m = 0, to = start; m < count; m++, to += stride) fill(axis + 1, to);
      return;
    }
    for (let m = 0, to = start; m < count; m++, to += stride) data[next++] = source[to] as T;
  };
  fill(0, from);
  return { shape, data };
}
