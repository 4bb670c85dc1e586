import { at } from '../lookup.ts';
import { type Constant, EXACT_RING } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { applyOp } from '../tensor/op.ts';
import { indexAlong, offsetsOf, stridesOf } from '../tensor/tensor.ts';

/** A constant and another factor of a product, with a label for each of their axes. */
export interface ConstantProduct {
  readonly constant: Constant;
  readonly own: readonly number[];
  readonly other: readonly number[];
  /** Labels below it are the product's axes, the others are summed over. */
  readonly rank: number;
}

/**
 * Returns the same product with fewer axes of the constant; undefined if all of them matter:
 *
 *     Σⱼ A[i,j]·c = c·Σⱼ A[i,j]        a constant that is the same along an axis has no such axis
 *     Σⱼ A[i,j]·D[j,k] = A[i,k]·d[k]   a diagonal matrix scales the columns
 *
 * Labels that no factor has any more are left out; the remaining ones keep their numbers.
 */
export function simplerProduct(product: ConstantProduct): ConstantProduct | undefined {
  const simpler = withoutAxis(product) ?? withoutDiagonal(product);
  return simpler && (simplerProduct(simpler) ?? simpler);
}

function withoutAxis({ constant, own, other, rank }: ConstantProduct): ConstantProduct | undefined {
  const axis = own.findIndex(
    (label, i) => (other.includes(label) || label >= rank) && isSameAlong(constant, i),
  );
  if (axis < 0) return undefined;
  const extent = exact.fromNumber(at(constant.shape, axis));
  const first = firstAlong(constant, axis);
  const isHeld = other.includes(at(own, axis));
  return {
    constant: isHeld ? first : { ...first, data: first.data.map((x) => exact.multiply(x, extent)) },
    own: own.filter((_, i) => i !== axis),
    other,
    rank,
  };
}

function withoutDiagonal({
  constant,
  own,
  other,
  rank,
}: ConstantProduct): ConstantProduct | undefined {
  for (const [axis, label] of own.entries()) {
    if (label < rank || !other.includes(label)) continue;
    const kept = own.findIndex(
      (to, i) => i !== axis && !other.includes(to) && isDiagonal(constant, axis, i),
    );
    if (kept < 0) continue;
    return {
      constant: diagonalOf(constant, axis, kept),
      own: own.filter((_, i) => i !== axis),
      other: other.map((held) => (held === label ? at(own, kept) : held)),
      rank,
    };
  }
  return undefined;
}

/** Whether all slices of a constant along an axis are equal. */
function isSameAlong({ shape, data }: Constant, axis: number): boolean {
  const stride = at(stridesOf(shape), axis);
  const index = indexAlong(shape, axis);
  return data.every((x, i) => exact.equal(x, at(data, i - index(i) * stride)));
}

function firstAlong(constant: Constant, axis: number): Constant {
  const { shape } = constant;
  const slice = {
    kind: 'slice',
    starts: shape.map(() => 0),
    sizes: shape.map((size, i) => (i === axis ? 1 : size)),
    drop: shape.map((_, i) => i === axis),
  } as const;
  return applyOp(slice, [constant], EXACT_RING);
}

/** Whether a constant is 0 wherever its indices along two axes differ. */
export function isDiagonal({ shape, data }: Constant, a: number, b: number): boolean {
  if (at(shape, a) !== at(shape, b)) return false;
  const [alongA, alongB] = [indexAlong(shape, a), indexAlong(shape, b)];
  return data.every((x, i) => alongA(i) === alongB(i) || exact.isZero(x));
}

/** Returns the elements whose indices along both axes are equal; the axis `a` is left out. */
function diagonalOf({ shape, data }: Constant, a: number, b: number): Constant {
  const all = stridesOf(shape);
  const strides = all.map((stride, i) => (i === b ? stride + at(all, a) : stride));
  const isLeft = (_: number, i: number) => i !== a;
  const left = shape.filter(isLeft);
  return { shape: left, data: offsetsOf(left, strides.filter(isLeft), 0).map((i) => at(data, i)) };
}
