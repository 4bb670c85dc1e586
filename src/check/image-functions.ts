import { at } from '../lookup.ts';
import type { Call } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import * as exact from '../tensor/exact.ts';
import { type Shape, scalar, showShape } from '../tensor/tensor.ts';
import { argumentSpan } from './call-arguments.ts';
import { windowOf } from './shape-functions.ts';
import { constantValue, type Value } from './value.ts';
import type { Operations } from './value-operations.ts';

type Result<W> = Value<W> | undefined;

/** The last two extents of a value: rows and columns. */
type Plane = readonly [rows: number, columns: number];

/**
 * Returns the cross-correlation of an image with kernels, as PyTorch's conv2d: an image [h, w] with
 * a kernel [h, w], or channels [c, h, w] with kernels [out, c, h, w]. The image has `padding` rows
 * and columns of zeros around it, and kernels move by `stride`.
 */
export function conv2d<W>(
  ops: Operations<W>,
  call: Call,
  image: Value<W>,
  kernel: Value<W>,
  options: readonly Value<W>[],
): Result<W> {
  const [stride = 1, padding = 0] = options.map((option, i) =>
    positive(ops, call, option, i === 0 ? 'a stride' : 'a padding', i + 2, 1 - i),
  );
  if (Number.isNaN(stride) || Number.isNaN(padding)) return undefined;
  const channels = requireChannels(ops, call, image, kernel);
  const padded = channels && padPlane(ops, image, padding, call.span);
  if (!channels || !padded) return undefined;
  const size = planeOf(kernel.shape);
  const whole = planeOf(padded.shape);
  const sizes = windowsIn(ops, call, whole, size, stride);
  if (!sizes) return undefined;
  let sum: Result<W>;
  for (let row = 0; row < size[0]; row++) {
    for (let column = 0; column < size[1]; column++) {
      const starts = [row, column] as const;
      const x = windowOf(ops, padded, { starts, sizes, stride }, call.span);
      const tap = { starts, sizes: [1, 1] as const, stride: 1 };
      const k = windowOf(ops, kernel, tap, call.span);
      const product = x && k && channelProduct(ops, k, x, channels, call.span);
      sum = sum && product ? ops.add('add', sum, product, call.span) : product;
      if (!sum) return undefined;
    }
  }
  return sum;
}

/** Whether the result has an axis of channels, and their numbers. */
interface Channels {
  readonly isStacked: boolean;
  readonly inputs: number;
  readonly outputs: number;
}

function requireChannels<W>(
  ops: Operations<W>,
  call: Call,
  { shape: image }: Value<W>,
  { shape: kernel }: Value<W>,
): Channels | undefined {
  const isImage = image.length === 2 || image.length === 3;
  if (!isImage) {
    const message = `'conv2d' takes an image [h, w] or [c, h, w], not ${showShape(image)}`;
    return ops.refuse('rank', message, argumentSpan(call, 0));
  }
  const inputs = image.length === 3 ? at(image, 0) : 1;
  if (kernel.length === 2 && image.length === 2) return { isStacked: false, inputs, outputs: 1 };
  const help = 'a kernel is [h, w] for an image [h, w], and [out, c, h, w] for channels';
  const span = argumentSpan(call, 1);
  if (kernel.length !== 4) {
    const message = `'conv2d' of an image ${showShape(image)} takes no kernel ${showShape(kernel)}`;
    return ops.refuse('rank', message, span, help);
  }
  const [outputs = 0, own = 0] = kernel;
  if (own === inputs) return { isStacked: true, inputs, outputs };
  const message = `the kernel ${showShape(kernel)} has ${own} channels, the image has ${inputs}`;
  return ops.refuse('shape-mismatch', message, span, help);
}

/** Multiplies one tap of the kernels, which has no extent in the plane, by a part of the image. */
function channelProduct<W>(
  ops: Operations<W>,
  tap: Value<W>,
  part: Value<W>,
  { isStacked, inputs, outputs }: Channels,
  span: Span,
): Result<W> {
  const reshaped = (value: Value<W>, shape: Shape) =>
    ops.view(value, { shape, from: 0, strides: rowMajor(shape) }, span);
  const plane = planeOf(part.shape);
  if (!isStacked) {
    const factor = reshaped(tap, []);
    return factor && ops.multiply(factor, part, span);
  }
  if (inputs === 1) {
    const [factors, image] = [reshaped(tap, [outputs]), reshaped(part, plane)];
    const op = { kind: 'mul', lhs: [0], rhs: [1, 2], rank: 3 } as const;
    return factors && image && ops.apply(op, [factors, image], span);
  }
  const factors = reshaped(tap, [outputs, inputs]);
  const op = { kind: 'mul', lhs: [0, 3], rhs: [3, 1, 2], rank: 3 } as const;
  return factors && ops.apply(op, [factors, part], span);
}

function rowMajor(shape: Shape): readonly number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((n, m) => n * m, 1));
}

/** Surrounds the last two axes with zeros. */
function padPlane<W>(ops: Operations<W>, image: Value<W>, padding: number, span: Span): Result<W> {
  if (padding === 0) return image;
  const rank = image.shape.length;
  let padded: Result<W> = image;
  for (const axis of [rank - 2, rank - 1]) {
    const order = [axis, ...[...image.shape.keys()].filter((other) => other !== axis)];
    const back = order.map((_, k) => order.indexOf(k));
    const moved: Result<W> = padded && permuted(ops, padded, order, span);
    const zeros: Result<W> =
      moved &&
      ops.broadcast(constantValue(scalar(exact.ZERO)), [padding, ...moved.shape.slice(1)], span);
    const joined: Result<W> =
      moved && zeros && ops.apply({ kind: 'concat' }, [zeros, moved, zeros], span);
    padded = joined && permuted(ops, joined, back, span);
  }
  return padded;
}

function permuted<W>(
  ops: Operations<W>,
  x: Value<W>,
  order: readonly number[],
  span: Span,
): Result<W> {
  if (order.every((from, axis) => from === axis)) return x;
  return ops.apply({ kind: 'permute', order }, [x], span);
}

/** Returns the means of windows of `size` rows and columns of the last two axes. */
export function avgpool<W>(
  ops: Operations<W>,
  call: Call,
  x: Value<W>,
  [sizeArgument, strideArgument]: readonly Value<W>[],
): Result<W> {
  if (!sizeArgument) return undefined;
  const size = positive(ops, call, sizeArgument, 'a window size', 1, 1);
  const stride = strideArgument ? positive(ops, call, strideArgument, 'a stride', 2, 1) : size;
  if (Number.isNaN(size) || Number.isNaN(stride)) return undefined;
  if (x.shape.length < 2) {
    const message = `'avgpool' takes two axes at least, not ${showShape(x.shape)}`;
    return ops.refuse('rank', message, argumentSpan(call, 0));
  }
  const sizes = windowsIn(ops, call, planeOf(x.shape), [size, size], stride);
  if (!sizes) return undefined;
  // Sums of neighbours first: then the windows are picked once, not for each neighbour.
  const rows = neighbourSums(ops, x, [size, 1], call.span);
  const sums = rows && neighbourSums(ops, rows, [1, size], call.span);
  const picked = sums && windowOf(ops, sums, { starts: [0, 0], sizes, stride }, call.span);
  const count = constantValue(scalar(exact.fromNumber(size * size)));
  return picked && ops.divide(picked, count, call.span);
}

/** Returns the sum of all windows of this size, one for each place. */
function neighbourSums<W>(ops: Operations<W>, x: Value<W>, window: Plane, span: Span): Result<W> {
  const [rows, columns] = planeOf(x.shape);
  const sizes = [rows - window[0] + 1, columns - window[1] + 1] as const;
  let sum: Result<W>;
  for (let i = 0; i < window[0] * window[1]; i++) {
    const starts = [window[0] === 1 ? 0 : i, window[1] === 1 ? 0 : i] as const;
    const part = windowOf(ops, x, { starts, sizes, stride: 1 }, span);
    sum = sum && part ? ops.add('add', sum, part, span) : part;
    if (!sum) return undefined;
  }
  return sum;
}

function planeOf(shape: Shape): Plane {
  return [at(shape, shape.length - 2), at(shape, shape.length - 1)];
}

/** Returns the numbers of windows along rows and columns; refuses windows that do not fit. */
function windowsIn<W>(
  ops: Operations<W>,
  call: Call,
  [rows, columns]: Plane,
  [height, width]: Plane,
  stride: number,
): Plane | undefined {
  if (height >= 1 && width >= 1 && height <= rows && width <= columns)
    return [Math.floor((rows - height) / stride) + 1, Math.floor((columns - width) / stride) + 1];
  return ops.refuse(
    'shape-mismatch',
    `a window of ${height}×${width} does not fit in ${rows}×${columns}`,
    call.span,
    call.callee.name === 'conv2d' ? 'add padding: conv2d(x, k, stride, padding)' : undefined,
  );
}

/** Returns a constant integer that is at least `least`; NaN if it was refused. */
function positive<W>(
  ops: Operations<W>,
  call: Call,
  value: Value<W>,
  what: string,
  position: number,
  least: number,
): number {
  const span = argumentSpan(call, position);
  const n = ops.integer(value, what, span) ?? Number.NaN;
  if (n < least) ops.refuse('bad-extent', `${what} is at least ${least}, not ${n}`, span);
  return n < least ? Number.NaN : n;
}
