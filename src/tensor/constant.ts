import type { Exact } from './exact.ts';
import * as exact from './exact.ts';
import { gather, type Ring, type Shape, type Tensor } from './tensor.ts';

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

/** The float64 numbers of a constant, row-major, and how to make exact numbers of them. */
interface Loaded {
  readonly values: Float64Array;
  readonly exactOf: (value: number) => Exact;
}

/** What loaded constants were made of. */
const LOADED = new WeakMap<Constant, Loaded>();

/**
 * Returns a constant whose exact numbers are made when its `data` are first read: a program may
 * load many numbers and use few.
 *
 * @param values its numbers, finite and row-major, which do not change any more
 * @param exactOf returns the exact number for one of them
 */
export function loadedConstant(
  shape: Shape,
  values: Float64Array,
  exactOf: (value: number) => Exact,
): Constant {
  let data: readonly Exact[] | undefined;
  const constant: Constant = {
    shape,
    get data() {
      data ??= Array.from(values, (value) => exactOf(value));
      return data;
    },
  };
  LOADED.set(constant, { values, exactOf });
  return constant;
}

/**
 * Returns part of a constant, as {@link gather} selects it. Part of a loaded constant is a loaded
 * constant too: no exact number is made.
 */
export function gatherConstant(
  constant: Constant,
  shape: Shape,
  from: number,
  strides: readonly number[],
): Constant {
  const loaded = LOADED.get(constant);
  if (!loaded) return gather(constant.data, shape, from, strides);
  const values = new Float64Array(gather(loaded.values, shape, from, strides).data);
  return loadedConstant(shape, values, loaded.exactOf);
}
