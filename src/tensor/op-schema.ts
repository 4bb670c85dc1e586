import { z } from 'zod';

const index = z.int().nonnegative();
const indices = z.array(index);
const extents = z.array(z.int().positive());

/** The fields of every operation, by kind. */
export const TENSOR_OPS = {
  add: z.strictObject({ kind: z.literal('add') }),
  sub: z.strictObject({ kind: z.literal('sub') }),
  neg: z.strictObject({ kind: z.literal('neg') }),
  /** 1/x, elementwise; the operand is never a cipher value. */
  inverse: z.strictObject({ kind: z.literal('inverse') }),
  mul: z.strictObject({ kind: z.literal('mul'), lhs: indices, rhs: indices, rank: index }),
  /** x^exponent, elementwise, exponent ≥ 2. */
  pow: z.strictObject({ kind: z.literal('pow'), exponent: z.int().min(2) }),
  sum: z.strictObject({ kind: z.literal('sum'), axes: indices }),
  /**
   * Axis k of the operand becomes axis `axes[k]` of the result. It is repeated along the others.
   */
  broadcast: z.strictObject({ kind: z.literal('broadcast'), shape: extents, axes: indices }),
  /** Axis k of the result is axis `order[k]` of the operand. */
  permute: z.strictObject({ kind: z.literal('permute'), order: indices }),
  /** The box of extents `sizes` at `starts`. Axes marked in `drop` have size 1 and are removed. */
  slice: z.strictObject({
    kind: z.literal('slice'),
    starts: indices,
    sizes: extents,
    drop: z.array(z.boolean()),
  }),
  /**
   * Element (m₀, m₁, …) of the result is element `from + Σ mₖ·strides[k]` of the operand, counted
   * row-major: a reshaped tensor, a diagonal, or every few elements of a slice.
   */
  reindex: z.strictObject({
    kind: z.literal('reindex'),
    shape: extents,
    from: index,
    strides: indices,
  }),
  /** A cyclic rotation of a vector: element i of the result is element i + steps of the operand. */
  rotate: z.strictObject({ kind: z.literal('rotate'), steps: z.int() }),
  /** Running sums of a vector: element i of the result is the sum of elements 0 to i. */
  cumsum: z.strictObject({ kind: z.literal('cumsum') }),
  /** Operands joined along the first axis. */
  concat: z.strictObject({ kind: z.literal('concat') }),
  /** Operands of equal shapes along a new first axis. */
  stack: z.strictObject({ kind: z.literal('stack') }),
};
