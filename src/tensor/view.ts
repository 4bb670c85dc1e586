import { at } from '../lookup.ts';
import type { OpOf, TensorOp } from './op.ts';
import { type Shape, sizeOf, stridesOf } from './tensor.ts';

/** A tensor whose element (m₀, m₁, …) is element `from + Σ mₖ·strides[k]` of row-major data. */
export interface View {
  readonly shape: Shape;
  readonly from: number;
  readonly strides: readonly number[];
}

/** An operation that only selects, reorders or repeats elements of its operand. */
export type ViewOp = OpOf<'slice' | 'permute' | 'broadcast' | 'reindex'>;

const VIEWS: ReadonlySet<TensorOp['kind']> = new Set(['slice', 'permute', 'broadcast', 'reindex']);

/** Whether an operation only selects, reorders or repeats elements of its operand. */
export function isViewOp(op: TensorOp): op is ViewOp {
  return VIEWS.has(op.kind);
}

/** Returns the view of whole row-major data. */
export function wholeView(shape: Shape): View {
  return { shape, from: 0, strides: stridesOf(shape) };
}

/** Returns an operation on a view as a view of the same data; undefined if the result is none. */
export function viewOf(op: ViewOp, { shape, from, strides }: View): View | undefined {
  switch (op.kind) {
    case 'permute': {
      const pick = (values: readonly number[]) => op.order.map((axis) => at(values, axis));
      return { shape: pick(shape), from, strides: pick(strides) };
    }
    case 'broadcast': {
      const spread = op.shape.map(() => 0);
      op.axes.forEach((to, axis) => {
        spread[to] = at(strides, axis);
      });
      return { shape: op.shape, from, strides: spread };
    }
    case 'slice': {
      const keep = (values: readonly number[]) => values.filter((_, axis) => !op.drop[axis]);
      const start = op.starts.reduce((sum, s, axis) => sum + s * at(strides, axis), from);
      return { shape: keep(op.sizes), from: start, strides: keep(strides) };
    }
    case 'reindex':
      return reindexed(op, { shape, from, strides });
  }
}

/**
 * Returns a view of a tensor's row-major data as the simplest operation on the tensor: none, a
 * slice, or a reindexing.
 */
export function viewingOp(view: View, shape: Shape): ViewOp | undefined {
  const slice = sliceOf(view, shape);
  if (!slice) return { kind: 'reindex', ...view };
  const isWhole = slice.sizes.every((size, axis) => size === shape[axis]);
  return isWhole && !slice.drop.includes(true) ? undefined : slice;
}

/** Whether an operation only changes a tensor's shape. */
export function isReshape({ shape, from, strides }: View, whole: Shape): boolean {
  const isAll = sizeOf(shape) === sizeOf(whole) && from === 0;
  return isAll && stridesOf(shape).every((stride, axis) => stride === strides[axis]);
}

/** Returns a view as a slice of a tensor; undefined if it is none. */
function sliceOf(view: View, shape: Shape): OpOf<'slice'> | undefined {
  const starts = digitsOf(view.from, shape);
  const strides = stridesOf(shape);
  const sizes = shape.map(() => 1);
  const drop = shape.map(() => true);
  let next = 0;
  for (const [axis, extent] of view.shape.entries()) {
    const own = strides.findIndex(
      (s, k) => k >= next && s === view.strides[axis] && at(shape, k) > 1,
    );
    if (own < 0 || extent < 2 || at(starts, own) + extent > at(shape, own)) return undefined;
    sizes[own] = extent;
    drop[own] = false;
    next = own + 1;
  }
  return { kind: 'slice', starts, sizes, drop };
}

/**
 * Returns a reindexed view. Along an axis of the result, each axis of the view must be walked in
 * equal steps, so that no step carries from one axis to the next.
 */
function reindexed(op: OpOf<'reindex'>, { shape, from, strides }: View): View | undefined {
  const whole = merged({ shape, from, strides });
  const walk = walkOf(op, whole.shape);
  if (!walk) return undefined;
  const offset = (indices: readonly number[]) =>
    indices.reduce((sum, index, axis) => sum + index * at(whole.strides, axis), 0);
  return { shape: op.shape, from: from + offset(walk.start), strides: walk.steps.map(offset) };
}

/** Where a reindexing starts in a tensor, and its step for each axis of the result. */
interface Walk {
  readonly start: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

/**
 * Returns the start and steps of a reindexing along the axes of a tensor; undefined if a step
 * carries from one axis to the next.
 */
export function walkOf(op: OpOf<'reindex'>, shape: Shape): Walk | undefined {
  const start = digitsOf(op.from, shape);
  const steps = op.strides.map((stride) => digitsOf(stride, shape));
  const carries = shape.some((extent, axis) => {
    const last = steps.reduce(
      (sum, digits, k) => sum + (at(op.shape, k) - 1) * at(digits, axis),
      at(start, axis),
    );
    return last >= extent;
  });
  return carries ? undefined : { start, steps };
}

/** Returns a view with as few axes as possible: neighbours that lie row by row become one. */
function merged({ shape, from, strides }: View): View {
  const axes: { extent: number; stride: number }[] = [];
  shape.forEach((extent, axis) => {
    const stride = at(strides, axis);
    const outer = axes.at(-1);
    if (extent === 1) return;
    if (outer && outer.stride === stride * extent)
      axes[axes.length - 1] = { extent: outer.extent * extent, stride };
    else axes.push({ extent, stride });
  });
  return {
    shape: axes.map(({ extent }) => extent),
    from,
    strides: axes.map(({ stride }) => stride),
  };
}

/** Returns the indices along each axis of a row-major offset. */
function digitsOf(offset: number, shape: Shape): readonly number[] {
  const digits = new Array<number>(shape.length).fill(0);
  let rest = offset;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const extent = at(shape, axis);
    digits[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  if (shape.length > 0) digits[0] = rest;
  return digits;
}
