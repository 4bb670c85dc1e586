import { at } from '../lookup.ts';
import type { Rows } from './rows.ts';

/** Limit on the elements of a tensor. */
export const MAX_ELEMENTS = 2 ** 24;

/** Limit on the axes of a tensor. */
export const MOST_AXES = 4;

/** Extents, outermost axis first; empty for a scalar. */
export type Shape = readonly number[];

/** A dense tensor over any kind of number, row-major. */
export interface Tensor<T> {
  readonly shape: Shape;
  readonly data: readonly T[];
}

/** The elements of `data` at `from`, `from + step`, and so on. */
export interface Strided<T> {
  readonly data: readonly T[];
  from: number;
  readonly step: number;
}

/** The arithmetic that tensor operations need. */
export interface Ring<T> {
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  negate(a: T): T;
  /** Throws a RangeError if there is no inverse. */
  invert(a: T): T;
  /**
   * Returns Σ x[i]·y[i] over `count` ≥ 1 elements; present if that is faster than add and multiply.
   */
  sumOfProducts?(x: Strided<T>, y: Strided<T>, count: number): T;
  /** Returns that sum for each row of `x` and each row of `y`; undefined if that is not faster. */
  rowProducts?(x: Rows<T>, y: Rows<T>): T[] | undefined;
}

/** Returns a tensor of rank 0. */
export function scalar<T>(value: T): Tensor<T> {
  return { shape: [], data: [value] };
}

/** Returns the number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Returns the row-major strides of a shape, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= at(shape, axis);
  }
  return strides;
}

/** Returns a function that gives the index along an axis of an element, by its row-major index. */
export function indexAlong(shape: Shape, axis: number): (element: number) => number {
  const [stride, extent] = [at(stridesOf(shape), axis), at(shape, axis)];
  return (element) => Math.floor(element / stride) % extent;
}

/** Whether two shapes have the same extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Returns a shape for messages: `[3, 4]` or `scalar`. */
export function showShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : `[${shape.join(', ')}]`;
}

/** Returns the index along each axis of an element, by its row-major index. */
export function indicesOf(element: number, shape: Shape): number[] {
  const indices = new Array<number>(shape.length);
  let rest = element;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = at(shape, axis);
    indices[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return indices;
}

/** Returns an index as a program would write it, such as `[2][3]`; empty for a scalar. */
export function showIndex(index: readonly (number | string)[]): string {
  return index.map((i) => `[${i}]`).join('');
}

/** Returns the index of an element, by its row-major index, as {@link showIndex} writes it. */
export function showElement(element: number, shape: Shape): string {
  return showIndex(indicesOf(element, shape));
}

/**
 * Returns the common shape of two by NumPy's rule: they are aligned at the last axis, and extents
 * must be equal or 1. Returns undefined if they are not.
 */
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

/** Returns the offsets `from + Σ mₖ·strides[k]` of all elements (m₀, m₁, …) of a box, row-major. */
export function offsetsOf(box: Shape, strides: readonly number[], from: number): readonly number[] {
  let offsets = [from];
  box.forEach((extent, axis) => {
    const stride = at(strides, axis);
    const next = new Array<number>(offsets.length * extent);
    let index = 0;
    for (const offset of offsets)
      for (let m = 0; m < extent; m++) next[index++] = offset + m * stride;
    offsets = next;
  });
  return offsets;
}

/**
 * Returns the tensor whose element (m₀, m₁, …) is `source[from + Σ mₖ·strides[k]]`. Slices,
 * permutations and broadcasts of a tensor are all of this kind.
 */
export function gather<T>(
  source: ArrayLike<T>,
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
