import { at } from '../lookup.ts';

/**
 * How to evaluate polynomials of one argument x from shared powers of it, in the fewest multiplications that
 * a level and a depth allow. A polynomial is split at a power,
 *
 *     p = q·x^s + r,     deg r < s,
 *
 * again and again until the parts are sums of scaled powers (M. S. Paterson and L. J. Stockmeyer, "On the
 * number of nonscalar multiplications necessary to evaluate polynomials", 1973). Only q lies on the critical
 * path: r has a level to spare at each split, so the leading part alone is split down to its last factor and
 * the depth stays ⌈log2 degree⌉ (J.-P. Bossuat et al., "Efficient Bootstrapping for Approximate Homomorphic
 * Encryption with Non-sparse Keys", 2021). All levels and depths here are counted from x.
 */

/** What is known of one polynomial before it is computed. */
export interface PolynomialShape {
  /** Whether the coefficient of x^j is other than zero, by j; the last one is. */
  readonly present: readonly boolean[];
  /** Levels that multiplying x^power by the coefficient of x^j takes: 0 or 1. */
  scaling(j: number, power: number): number;
}

/** When a polynomial has to be there. */
export interface Deadline {
  readonly level: number;
  readonly depth: number;
}

/** How the part of a polynomial from coefficient `from` on is computed, divided by x^from. */
export type EvaluationScheme =
  /** Nothing: all coefficients are zero. */
  | { readonly kind: 'zero' }
  /** Powers of x times coefficients. */
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
  /** Exponents above 1 with the two that they are multiplied from, ascending. */
  readonly powers: readonly PowerStep[];
  /** Ciphertext multiplications altogether. */
  readonly muls: number;
}

/** x^exponent = x^left · x^right. */
export interface PowerStep {
  readonly exponent: number;
  readonly left: number;
  readonly right: number;
}

/** Largest exponents of a part that is not split further, tried one by one. */
const BABY_STEPS = [
  1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64,
] as const;

/** Splits of one part that are compared, of those that meet its deadline. */
const SPLITS_TRIED = 2;

/** ⌈log2 n⌉ for n ≥ 1: multiplications on the longest path to x^n. */
function ceilLog2(n: number): number {
  return 32 - Math.clz32(n - 1);
}

/** The earliest level at which a polynomial can be had, at the least depth there is. */
export function earliestLevel(shape: PolynomialShape): number {
  const depth = leastDepth(shape);
  for (let level = depth; ; level++) {
    // Halving down to the last factor is possible at this depth, and one level is all that scaling takes.
    if (new Splitting(shape, 1).best({ level, depth }) || level > depth) return level;
  }
}

/** ⌈log2 degree⌉. */
export function leastDepth({ present }: PolynomialShape): number {
  return ceilLog2(Math.max(1, present.length - 1));
}

/**
 * The schemes with the fewest multiplications that meet the deadlines; undefined where none of those that
 * are tried does.
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
    const powers = powerSteps(schemes, shapes);
    const muls = found.reduce((sum, { muls }) => sum + muls, powers.length);
    if (!best || muls < best.muls) best = { schemes, powers, muls };
  }
  return best;
}

interface Found {
  readonly scheme: EvaluationScheme;
  readonly muls: number;
}

const NOTHING: Found = { scheme: { kind: 'zero' }, muls: 0 };

/** The search for the best splits of one polynomial, parts up to `babies` being left whole. */
class Splitting {
  readonly #shape: PolynomialShape;
  readonly #babies: number;
  /** Exponents to split at, ascending: powers of two below `babies`, and `babies` doubled again and again. */
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

  /** The best scheme for the coefficients from `from` to before `end`. */
  #part(from: number, end: number, level: number, depth: number): Found | undefined {
    let to = end;
    while (to > from && !this.#shape.present[to - 1]) to--;
    if (to === from) return NOTHING;
    // No scheme is shallower than its degree allows: nothing need be tried.
    if (ceilLog2(Math.max(1, to - from - 1)) > Math.min(level, depth)) return undefined;
    const key = ((from * 2048 + to) * 64 + level) * 64 + depth;
    if (this.#known.has(key)) return this.#known.get(key);
    const found = this.#isSum(from, to, level, depth)
      ? { scheme: { kind: 'sum', from, to } as const, muls: 0 }
      : this.#split(from, to, level, depth);
    this.#known.set(key, found);
    return found;
  }

  /** Whether every term can be a power times its coefficient. */
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

  #split(from: number, to: number, level: number, depth: number): Found | undefined {
    let best: Found | undefined;
    let tried = 0;
    // The largest powers leave the fewest parts; among equals smaller ones are more likely to be there.
    for (let i = this.#splits.length - 1; i >= 0 && tried < SPLITS_TRIED; i--) {
      const middle = at(this.#splits, i);
      if (middle >= to - from) continue;
      const isTop = middle === to - from - 1;
      const steps = ceilLog2(middle);
      // A leading part of one coefficient scales the power; any other is multiplied with it.
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

/** The powers that schemes use, and those they are made of; each at its least depth. */
function powerSteps(
  schemes: readonly EvaluationScheme[],
  shapes: readonly PolynomialShape[],
): readonly PowerStep[] {
  const wanted = new Set<number>();
  schemes.forEach((scheme, i) => {
    collectPowers(scheme, at(shapes, i), wanted);
  });
  const steps: PowerStep[] = [];
  for (let exponent = Math.max(1, ...wanted); exponent > 1; exponent--) {
    if (!wanted.has(exponent)) continue;
    const left = largerPart(exponent, wanted);
    wanted.add(left).add(exponent - left);
    steps.push({ exponent, left, right: exponent - left });
  }
  return steps.reverse();
}

function collectPowers(
  scheme: EvaluationScheme,
  shape: PolynomialShape,
  wanted: Set<number>,
): void {
  if (scheme.kind === 'split') {
    wanted.add(scheme.at);
    collectPowers(scheme.high, shape, wanted);
    collectPowers(scheme.low, shape, wanted);
  } else if (scheme.kind === 'sum') {
    for (let j = scheme.from + 1; j < scheme.to; j++)
      if (shape.present[j]) wanted.add(j - scheme.from);
  }
}

/** How to halve an exponent so that as few new powers as possible are needed; squares are cheapest. */
function largerPart(exponent: number, wanted: ReadonlySet<number>): number {
  const most = 2 ** (ceilLog2(exponent) - 1);
  let best = most;
  let fewest = Number.POSITIVE_INFINITY;
  for (let left = Math.ceil(exponent / 2); left <= most; left++) {
    const right = exponent - left;
    const isNew = (power: number) => Number(power > 1 && !wanted.has(power));
    const news = isNew(left) + (right === left ? 0 : isNew(right));
    if (news < fewest) {
      fewest = news;
      best = left;
    }
  }
  return best;
}
