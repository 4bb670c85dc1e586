import { z } from 'zod';

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
