import type { Exact } from './exact.ts';
import * as exact from './exact.ts';
import type { Ring, Tensor } from './tensor.ts';

/** A tensor of exact numbers, known to the compiler. */
export type Constant = Tensor<Exact>;

/** Arithmetic on exact numbers. */
export const EXACT_RING: Ring<Exact> = {
  add: exact.add,
  subtract: exact.subtract,
  multiply: exact.multiply,
  negate: exact.negate,
  invert(a) {
    const inverse = exact.invert(a);
    if (inverse === undefined) throw new RangeError('division by zero');
    return inverse;
  },
};

/** Returns the number that all elements equal; undefined if they differ. */
export function uniformValue(constant: Constant): Exact | undefined {
  const first = constant.data[0];
  return first !== undefined && constant.data.every((x) => exact.equal(x, first))
    ? first
    : undefined;
}

/** Returns the n×n matrix with a number on its diagonal: the identity matrix, times that number. */
export function identityMatrix(n: number, number: Exact = exact.ONE): Constant {
  const data = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? number : exact.ZERO));
  return { shape: [n, n], data };
}
