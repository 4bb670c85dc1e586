import { at } from '../lookup.ts';
import type { Call } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import { identityMatrix } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { type Shape, scalar, showShape, sizeOf, stridesOf } from '../tensor/tensor.ts';
import { wholeView } from '../tensor/view.ts';
import { argumentSpan } from './call-arguments.ts';
import { constantValue, type Value } from './value.ts';
import type { Operations } from './value-operations.ts';

/*
 * Built-in functions that ask for a shape, change it, or move elements. They multiply no values,
 * but that `kron` is a product and `mean` divides.
 */

type Result<W> = Value<W> | undefined;

/** Returns the number of elements along the first axis. */
export function lengthOf<W>(ops: Operations<W>, call: Call, x: Value<W>): Result<W> {
  const [length] = x.shape;
  if (length !== undefined) return constantValue(scalar(exact.fromNumber(length)));
  return ops.refuse('rank', "'len' takes no scalar: it has no axes", argumentSpan(call, 0));
}

/** Returns the number of elements along an axis. */
export function extentAlong<W>(
  ops: Operations<W>,
  call: Call,
  x: Value<W>,
  along: Value<W>,
): Result<W> {
  const axis = axisOf(ops, call, x, along, 1);
  return axis === undefined
    ? undefined
    : constantValue(scalar(exact.fromNumber(at(x.shape, axis))));
}

/** Returns a constant argument that is an axis of a value; refuses any other. */
export function axisOf<W>(
  ops: Operations<W>,
  call: Call,
  { shape }: Value<W>,
  argument: Value<W>,
  position: number,
): number | undefined {
  const span = argumentSpan(call, position);
  const axis = ops.integer(argument, 'an axis', span);
  if (axis === undefined || (axis >= 0 && axis < shape.length)) return axis;
  return ops.refuse(
    'axis-out-of-range',
    `${showShape(shape)} has no axis ${axis}`,
    span,
    shape.length > 0 ? `its axes are 0 to ${shape.length - 1}` : 'a scalar has no axes',
  );
}

/** Returns the sum of all elements, or along an axis. */
export function sumAlong<W>(
  ops: Operations<W>,
  call: Call,
  x: Value<W>,
  along?: Value<W>,
): Result<W> {
  const axes = along ? [axisOf(ops, call, x, along, 1)] : [...x.shape.keys()];
  if (!axes.every((axis) => axis !== undefined)) return undefined;
  return axes.length === 0 ? x : ops.apply({ kind: 'sum', axes }, [x], call.span);
}

/** Returns the sum divided by the number of elements. */
export function meanAlong<W>(
  ops: Operations<W>,
  call: Call,
  x: Value<W>,
  along?: Value<W>,
): Result<W> {
  const axis = along && axisOf(ops, call, x, along, 1);
  if (along && axis === undefined) return undefined;
  const count = axis === undefined ? sizeOf(x.shape) : at(x.shape, axis);
  if (count === 0) {
    return ops.refuse('division-by-zero', 'there is no mean of no elements', call.span);
  }
  const total = sumAlong(ops, call, x, along);
  const divisor = constantValue(scalar(exact.fromNumber(count)));
  return total && ops.divide(total, divisor, call.span);
}

/** Returns the elements in row-major order in another shape. One extent may be -1. */
export function reshape<W>(
  ops: Operations<W>,
  call: Call,
  x: Value<W>,
  extents: readonly Value<W>[],
): Result<W> {
  const asked = extents.map((extent, i) =>
    ops.integer(extent, 'an extent', argumentSpan(call, i + 1)),
  );
  if (!asked.every((extent) => extent !== undefined)) return undefined;
  const size = sizeOf(x.shape);
  const isOpen = (extent: number) => extent === -1;
  const others = sizeOf(asked.filter((extent) => !isOpen(extent)));
  const shape = asked.map((extent) => (isOpen(extent) && others > 0 ? size / others : extent));
  const isPossible = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (isPossible && asked.filter(isOpen).length < 2 && sizeOf(shape) === size)
    return ops.view(x, wholeView(shape), call.span);
  return ops.refuse(
    'shape-mismatch',
    `${showShape(x.shape)} has ${size} elements, and cannot be reshaped to ${showShape(asked)}`,
    call.span,
    'the product of the extents is the number of elements; one extent may be -1',
  );
}

/** Returns all elements as a vector. */
export function asVector<W>(ops: Operations<W>, call: Call, x: Value<W>): Result<W> {
  return ops.view(x, wholeView([sizeOf(x.shape)]), call.span);
}

/** Returns a value with its axes in another order: reversed, unless it is given. */
export function transpose<W>(
  ops: Operations<W>,
  call: Call,
  x: Value<W>,
  axes: readonly Value<W>[],
): Result<W> {
  const asked = axes.map((axis, i) => axisOf(ops, call, x, axis, i + 1));
  if (!asked.every((axis) => axis !== undefined)) return undefined;
  const rank = x.shape.length;
  const order = asked.length > 0 ? asked : [...x.shape.keys()].reverse();
  if (order.length === rank && new Set(order).size === rank)
    return rank < 2 ? x : ops.apply({ kind: 'permute', order }, [x], call.span);
  return ops.refuse(
    'axis-out-of-range',
    `${order.join(', ')} is no order of the axes of ${showShape(x.shape)}`,
    call.span,
    'name each axis once, or none to reverse them',
  );
}

/** Returns the diagonal of a matrix, or the matrix that has a vector on its diagonal. */
export function diag<W>(ops: Operations<W>, call: Call, x: Value<W>): Result<W> {
  if (x.shape.length === 2) return diagonal(ops, x, call.span);
  const [n, ...others] = x.shape;
  if (n === undefined || others.length > 0) return refuseRank(ops, call, x, 'a vector or a matrix');
  const op = { kind: 'mul', lhs: [0], rhs: [0, 1], rank: 2 } as const;
  return ops.apply(op, [x, constantValue(identityMatrix(n))], call.span);
}

function diagonal<W>(ops: Operations<W>, { shape, ...x }: Value<W>, span: Span): Result<W> {
  const [rows = 0, columns = 0] = shape;
  const view = { shape: [Math.min(rows, columns)], from: 0, strides: [columns + 1] };
  return ops.view({ shape, ...x } as Value<W>, view, span);
}

/** Returns the sum of the diagonal of a matrix. */
export function trace<W>(ops: Operations<W>, call: Call, x: Value<W>): Result<W> {
  if (x.shape.length !== 2) return refuseRank(ops, call, x, 'a matrix');
  const elements = diagonal(ops, x, call.span);
  return elements && ops.apply({ kind: 'sum', axes: [0] }, [elements], call.span);
}

/**
 * The longest vector whose running sums are computed at once: packing doubles it in the slots of a
 * ciphertext.
 */
const LONGEST_RUN = 8_192;

/** Returns the running sums of a vector. */
export function cumsum<W>(ops: Operations<W>, call: Call, x: Value<W>): Result<W> {
  const [n, ...others] = x.shape;
  if (n === undefined || others.length > 0) return refuseRank(ops, call, x, 'a vector');
  if (n <= LONGEST_RUN) return n < 2 ? x : ops.apply({ kind: 'cumsum' }, [x], call.span);
  const part = (from: number, size: number) =>
    ops.view(x, { shape: [size], from, strides: [1] }, call.span);
  const [head, tail] = [part(0, LONGEST_RUN), part(LONGEST_RUN, n - LONGEST_RUN)];
  const total = head && ops.apply({ kind: 'sum', axes: [0] }, [head], call.span);
  const [first, rest] = [head && cumsum(ops, call, head), tail && cumsum(ops, call, tail)];
  const second = rest && total && ops.add('add', rest, total, call.span);
  return first && second && ops.apply({ kind: 'concat' }, [first, second], call.span);
}

/** Returns the Kronecker product of two values of two axes at most. */
export function kron<W>(ops: Operations<W>, call: Call, a: Value<W>, b: Value<W>): Result<W> {
  const rank = Math.max(a.shape.length, b.shape.length);
  const position = a.shape.length > 2 ? 0 : 1;
  if (rank > 2)
    return refuseRank(ops, call, position === 0 ? a : b, 'vectors or matrices', position);
  const [x, y] = [a, b].map((value) => {
    const shape = [...new Array<number>(rank - value.shape.length).fill(1), ...value.shape];
    return ops.view(value, wholeView(shape), call.span);
  });
  if (!x || !y) return undefined;
  const axes = [...x.shape.keys()];
  const op = {
    kind: 'mul',
    lhs: axes.map((axis) => 2 * axis),
    rhs: axes.map((axis) => 2 * axis + 1),
    rank: 2 * rank,
  } as const;
  const shape = x.shape.map((extent, axis) => extent * at(y.shape, axis));
  const product = ops.apply(op, [x, y], call.span);
  return product && ops.view(product, wholeView(shape), call.span);
}

function refuseRank<W>(
  ops: Operations<W>,
  call: Call,
  { shape }: Value<W>,
  what: string,
  position = 0,
): undefined {
  const message = `'${call.callee.name}' takes ${what}, not ${showShape(shape)}`;
  return ops.refuse('rank', message, argumentSpan(call, position));
}

/** Returns every `stride`-th element of a box of a value's last two axes. */
export function windowOf<W>(
  ops: Operations<W>,
  x: Value<W>,
  { starts, sizes, stride }: Window,
  span: Span,
): Result<W> {
  const outer = x.shape.slice(0, -2);
  const all = stridesOf(x.shape);
  const [rowStride, columnStride] = [at(all, all.length - 2), at(all, all.length - 1)];
  const view = {
    shape: [...outer, ...sizes] as Shape,
    from: starts[0] * rowStride + starts[1] * columnStride,
    strides: [...all.slice(0, -2), stride * rowStride, stride * columnStride],
  };
  return ops.view(x, view, span);
}

/** A box of the last two axes, of which every `stride`-th row and column counts. */
export interface Window {
  readonly starts: readonly [number, number];
  /** The numbers of rows and columns of the result. */
  readonly sizes: readonly [number, number];
  readonly stride: number;
}
