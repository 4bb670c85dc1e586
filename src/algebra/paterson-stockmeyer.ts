import { at, largestOf } from '../lookup.ts';
import type { BasisKind } from './polynomial-bases.ts';

/**
 * Finds schemes that evaluate polynomials of one argument x from shared powers of it, in the fewest
 * multiplications that a level and a depth allow. A polynomial is split at a power,
 *
 *     p = q·x^s + r,     deg r < s,
 *
 * again and again, until the parts are sums of scaled powers (M. S. Paterson and L. J. Stockmeyer,
 * "On the number of nonscalar multiplications necessary to evaluate polynomials", 1973). Only q is
 * on the critical path: r has a level to spare at each split. So only the leading part is split
 * down to its last factor, and the depth stays ⌈log2 degree⌉ (J.-P. Bossuat et al., "Efficient
 * Bootstrapping for Approximate Homomorphic Encryption with Non-sparse Keys", 2021). All levels and
 * depths in this file are counted from x.
 *
 * The same splits work in other bases than powers, with B_s in place of x^s, if deg p < 3s (see
 * polynomial-bases.ts). There r has coefficients of its own, which may be any of those that p's
 * parity allows.
 */

/** The properties of one polynomial that its evaluation depends on. */
export interface PolynomialShape {
  readonly basis: BasisKind;
  /**
   * Whether the coefficient of x^j may not be zero, by j; the last one never is. In other bases
   * than powers, it depends on the parity of j alone.
   */
  readonly present: readonly boolean[];
  /** Returns the levels that multiplying x^power by the coefficient of x^j takes: 0 or 1. */
  scaling(j: number, power: number): number;
}

/** The level and depth by which a polynomial must be available. */
export interface Deadline {
  readonly level: number;
  readonly depth: number;
}

/** How the part of a polynomial from coefficient `from` on is evaluated, divided by x^from. */
export type EvaluationScheme =
  /** Zero: no coefficient is present. */
  | { readonly kind: 'zero' }
  /** A sum of powers of x times coefficients. */
  | { readonly kind: 'sum'; readonly from: number; readonly to: number }
  /** `high`·x^at + `low`. */
  | {
      readonly kind: 'split';
      readonly at: number;
      readonly high: EvaluationScheme;
      readonly low: EvaluationScheme;
    };

/** Schemes for several polynomials of one argument, and the powers that they share. */
export interface SharedSchemes {
  readonly schemes: readonly EvaluationScheme[];
  /** The powers above x in ascending order, each with the two powers that it is a product of. */
  readonly powers: readonly PowerProduct[];
  /** The number of ciphertext multiplications, those of the powers included. */
  readonly muls: number;
}

/** x^exponent = x^left · x^right; in other bases less a multiple of x^(left−right). */
export interface PowerProduct {
  readonly exponent: number;
  readonly left: number;
  readonly right: number;
}

/** Candidates for the largest exponent of a part that is not split further. */
const BABY_STEPS = [
  1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64,
] as const;

/** Limit on the splits of one part that meet its deadline and are compared. */
const SPLITS_TRIED = 2;

/** Returns ⌈log2 n⌉ for n ≥ 1: the multiplications on the longest path to x^n. */
function ceilLog2(n: number): number {
  return 32 - Math.clz32(n - 1);
}

/** Returns the earliest level at which a polynomial can be available, at the least depth. */
export function earliestLevel(shape: PolynomialShape): number {
  const depth = leastDepth(shape);
  for (let level = depth; ; level++) {
    // Splitting down to the last factor always works at this depth, and scaling takes at most one
    // more level.
    if (new Splitting(shape, 1).best({ level, depth }) || level > depth) return level;
  }
}

/** Returns the least depth of a polynomial: ⌈log2 degree⌉. */
export function leastDepth({ present }: PolynomialShape): number {
  return ceilLog2(Math.max(1, present.length - 1));
}

/**
 * Returns the schemes with the fewest multiplications that meet the deadlines; undefined if no
 * scheme that was tried does.
 */
export function shareSchemes(
  shapes: readonly PolynomialShape[],
  deadlines: readonly Deadline[],
): SharedSchemes | undefined {
  const degree = shapes.reduce((most, { present }) => Math.max(most, present.length - 1), 1);
  let best: SharedSchemes | undefined;
  for (const babies of BABY_STEPS) {
    if (babies > 1 && babies > 2 * Math.sqrt(degree) + 1) break;
    if (babies < Math.sqrt(degree) / 4) continue;
    const found = shapes.map((shape, i) => new Splitting(shape, babies).best(at(deadlines, i)));
    if (!found.every((result) => result !== undefined)) continue;
    const schemes = found.map(({ scheme }) => scheme);
    const powers = powerProducts(schemes, shapes);
    const muls = found.reduce((sum, { muls }) => sum + muls, powers.length);
    if (!best || muls < best.muls) best = { schemes, powers, muls };
  }
  return best;
}

interface Found {
  readonly scheme: EvaluationScheme;
  readonly muls: number;
}

const ZERO: Found = { scheme: { kind: 'zero' }, muls: 0 };

/** Searches for the best splits of one polynomial. Parts up to `babies` are not split. */
class Splitting {
  readonly #shape: PolynomialShape;
  readonly #babies: number;
  /**
   * The exponents to split at, ascending: powers of two below `babies`, then `babies` doubled again
   * and again.
   */
  readonly #splits: readonly number[];
  readonly #known = new Map<number, Found | undefined>();

  constructor(shape: PolynomialShape, babies: number) {
    this.#shape = shape;
    this.#babies = babies;
    const splits: number[] = [];
    for (let s = 1; s < babies; s *= 2) splits.push(s);
    for (let s = babies; s < shape.present.length; s *= 2) splits.push(s);
    this.#splits = splits;
  }

  best({ level, depth }: Deadline): Found | undefined {
    return this.#part(0, this.#shape.present.length, level, depth);
  }

  /** Returns the best scheme for the coefficients from `from` up to, but not including, `end`. */
  #part(from: number, end: number, level: number, depth: number): Found | undefined {
    let to = end;
    while (to > from && !this.#shape.present[to - 1]) to--;
    if (to === from) return ZERO;
    // The degree alone rules out every scheme.
    if (ceilLog2(Math.max(1, to - from - 1)) > Math.min(level, depth)) return undefined;
    const key = ((from * 2048 + to) * 64 + level) * 64 + depth;
    if (this.#known.has(key)) return this.#known.get(key);
    const found = this.#isSum(from, to, level, depth)
      ? { scheme: { kind: 'sum', from, to } as const, muls: 0 }
      : this.#split(from, to, level, depth);
    this.#known.set(key, found);
    return found;
  }

  /** Whether every term can be computed as a power times its coefficient. */
  #isSum(from: number, to: number, level: number, depth: number): boolean {
    for (let j = from; j < to; j++) {
      if (!this.#shape.present[j]) continue;
      const power = j - from;
      if (power > this.#babies && !this.#splits.includes(power)) return false;
      if (!this.#isScaled(j, power, level, depth)) return false;
    }
    return true;
  }

  #isScaled(j: number, power: number, level: number, depth: number): boolean {
    if (power === 0) return true;
    const steps = ceilLog2(power);
    return steps <= depth && steps + this.#shape.scaling(j, power) <= level;
  }

  /** Whether dividing a polynomial leaves a remainder of a lower degree than the divisor's. */
  #divides(divisor: number, degree: number): boolean {
    return this.#shape.basis === 'power' || degree < 3 * divisor;
  }

  #split(from: number, to: number, level: number, depth: number): Found | undefined {
    let best: Found | undefined;
    let tried = 0;
    // The largest powers leave the fewest parts. Among equals, smaller ones are more likely to
    // exist already.
    for (let i = this.#splits.length - 1; i >= 0 && tried < SPLITS_TRIED; i--) {
      const middle = at(this.#splits, i);
      if (middle >= to - from || !this.#divides(middle, to - from - 1)) continue;
      const isTop = middle === to - from - 1;
      const steps = ceilLog2(middle);
      // A leading part of one coefficient scales the power; any other one is multiplied with it.
      if (isTop ? !this.#isScaled(to - 1, middle, level, depth) : steps >= level || steps >= depth)
        continue;
      const high = isTop
        ? { scheme: { kind: 'sum', from: to - 1, to } as const, muls: -1 }
        : this.#part(from + middle, to, level - 1, depth - 1);
      const low = high && this.#part(from, from + middle, level, depth);
      if (!low) continue;
      tried++;
      const muls = high.muls + low.muls + 1;
      if (!best || muls <= best.muls)
        best = { scheme: { kind: 'split', at: middle, high: high.scheme, low: low.scheme }, muls };
    }
    return best;
  }
}

/**
 * Returns the powers that schemes use and the powers that these are computed from, each at its
 * least depth.
 */
function powerProducts(
  schemes: readonly EvaluationScheme[],
  shapes: readonly PolynomialShape[],
): readonly PowerProduct[] {
  const needed = new Set<number>();
  schemes.forEach((scheme, i) => {
    collectPowers(scheme, at(shapes, i), needed);
  });
  const products: PowerProduct[] = [];
  const reflects = shapes.some(({ basis }) => basis !== 'power');
  for (let exponent = largestOf(needed); exponent > 1; exponent--) {
    if (!needed.has(exponent)) continue;
    const left = largerPart(exponent, needed, reflects);
    const right = exponent - left;
    needed.add(left).add(right);
    if (reflects && left > right) needed.add(left - right);
    products.push({ exponent, left, right });
  }
  return products.reverse();
}

function collectPowers(
  scheme: EvaluationScheme,
  shape: PolynomialShape,
  needed: Set<number>,
): void {
  if (scheme.kind === 'split') {
    needed.add(scheme.at);
    collectPowers(scheme.high, shape, needed);
    collectPowers(scheme.low, shape, needed);
  } else if (scheme.kind === 'sum') {
    for (let j = scheme.from + 1; j < scheme.to; j++)
      if (shape.present[j]) needed.add(j - scheme.from);
  }
}

/**
 * Returns the larger part of an exponent, split so that as few new powers as possible are needed;
 * squares are cheapest.
 *
 * @param reflects whether the difference of the parts is needed, too
 */
function largerPart(exponent: number, needed: ReadonlySet<number>, reflects: boolean): number {
  const most = 2 ** (ceilLog2(exponent) - 1);
  let best = most;
  let fewest = Number.POSITIVE_INFINITY;
  for (let left = Math.ceil(exponent / 2); left <= most; left++) {
    const right = exponent - left;
    const parts = new Set(reflects ? [left, right, left - right] : [left, right]);
    let added = 0;
    for (const power of parts) if (power > 1 && !needed.has(power)) added++;
    if (added < fewest) {
      fewest = added;
      best = left;
    }
  }
  return best;
}
