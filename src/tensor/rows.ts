/** Rows that begin at `starts`, each with `count` elements that are `step` apart in `data`. */
export interface Rows<T> {
  readonly data: readonly T[];
  readonly starts: readonly number[];
  readonly step: number;
  readonly count: number;
}

/** Returns the dot product of each row of `x` and each row of `y`, row by row of `x`. */
export function productsOfFloats(x: Rows<number>, y: Rows<number>): number[] {
  const sums = new Float64Array(x.starts.length * y.starts.length);
  addProducts(floatsOf(x), floatsOf(y), x.count, sums);
  return Array.from(sums);
}

/** Returns the dot products of rows of integers in [0, 2^120), not reduced. */
export function productsOfIntegers(x: Rows<bigint>, y: Rows<bigint>): bigint[] {
  const [left, right] = [limbsOf(x), limbsOf(y)];
  const sums = new Array<bigint>(x.starts.length * y.starts.length).fill(0n);
  for (let digit = 2 * LIMBS - 2; digit >= 0; digit--) {
    const digits = new Float64Array(sums.length);
    for (let i = Math.max(0, digit - LIMBS + 1); i <= Math.min(digit, LIMBS - 1); i++)
      addProducts(left[i]!, right[digit - i]!, x.count, digits);
    for (let at = 0; at < sums.length; at++)
      sums[at] = (sums[at]! << LIMB_SHIFT) + BigInt(digits[at]!);
  }
  return sums;
}

/**
 * Limit on the length of rows of integers. Up to it, sums of {@link LIMBS} products of two limbs
 * per element stay below 2^53.
 */
export const MAX_SUMMED = 2 ** 10;

const LIMBS = 6;
const LIMB_BITS = 20;
const LIMB = 2 ** LIMB_BITS;
const LIMB_SHIFT = BigInt(LIMB_BITS);
const TWO_LIMBS_SHIFT = BigInt(2 * LIMB_BITS);
const TWO_LIMBS_MASK = (1n << TWO_LIMBS_SHIFT) - 1n;

function floatsOf({ data, starts, step, count }: Rows<number>): Float64Array {
  const floats = new Float64Array(starts.length * count);
  let next = 0;
  for (const start of starts)
    for (let i = 0, at = start; i < count; i++, at += step) floats[next++] = data[at]!;
  return floats;
}

/** Returns the lowest limbs of all elements, row by row, then the next limbs, and so on. */
function limbsOf({ data, starts, step, count }: Rows<bigint>): readonly Float64Array[] {
  const limbs = Array.from({ length: LIMBS }, () => new Float64Array(starts.length * count));
  let next = 0;
  for (const start of starts) {
    for (let i = 0, at = start; i < count; i++, at += step, next++) {
      let rest = data[at]!;
      for (let limb = 0; limb < LIMBS; limb += 2) {
        const two = Number(rest & TWO_LIMBS_MASK);
        const low = two % LIMB;
        limbs[limb]![next] = low;
        limbs[limb + 1]![next] = (two - low) / LIMB;
        rest >>= TWO_LIMBS_SHIFT;
      }
    }
  }
  return limbs;
}

/**
 * Adds the dot products of all rows of `x` and `y` to `sums`. It handles two rows of each at a
 * time, so that every element read is used twice.
 */
function addProducts(x: Float64Array, y: Float64Array, count: number, sums: Float64Array): void {
  const [rows, columns] = [x.length / count, y.length / count];
  for (let i = 0; i < rows; i += 2) {
    const x0 = i * count;
    const x1 = i + 1 < rows ? x0 + count : x0;
    for (let j = 0; j < columns; j += 2) {
      const y0 = j * count;
      const y1 = j + 1 < columns ? y0 + count : y0;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let k = 0; k < count; k++) {
        const p = x[x0 + k]!;
        const q = x[x1 + k]!;
        const r = y[y0 + k]!;
        const s = y[y1 + k]!;
        a += p * r;
        b += p * s;
        c += q * r;
        d += q * s;
      }
      const at = i * columns + j;
      sums[at] = sums[at]! + a;
      if (y1 > y0) sums[at + 1] = sums[at + 1]! + b;
      if (x1 > x0) sums[at + columns] = sums[at + columns]! + c;
      if (x1 > x0 && y1 > y0) sums[at + columns + 1] = sums[at + columns + 1]! + d;
    }
  }
}
