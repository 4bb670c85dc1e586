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
 *
 * The leading parts that are split further than the others take the place of powers: if l = c·x^7 +
 * …, then k·x^7 in another part is k/c·l less the other terms of l, which the part has anyway. So
 * the splits on the critical path save as many powers as they take multiplications, and 2^n − 1 is
 * reached in n levels with 2^k − 2 powers up to 2^k − 1, n − k larger ones and 2^(n−k) − 1 splits:
 * 4, 7, 11, 16, 24 and 33 for n from 3 to 8.
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
  /**
   * Returns how large the terms of the coefficients from `from` up to, but not including, `to` are
   * in sum, divided by the largest power in them: relative to the last of them, which is a number.
   * Infinity if another power of x may not be computed from these terms.
   */
  spread(from: number, to: number): number;
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
  /** `high`·x^at + `low`. If `element` is given, all other parts use this one for x^element. */
  | {
      readonly kind: 'split';
      readonly at: number;
      readonly high: EvaluationScheme;
      readonly low: EvaluationScheme;
      readonly element?: number;
    };

/** Schemes for several polynomials of one argument, and the powers that they share. */
export interface SharedSchemes {
  readonly schemes: readonly EvaluationScheme[];
  /** The index of the polynomial whose parts the other ones use in place of powers. */
  readonly leader: number;
  /** The number of these parts. */
  readonly parts: number;
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

/** Which of several splits that take as much is taken; the powers to be shared decide. */
interface Preference {
  /** Whether the smaller power is split at. */
  readonly small: boolean;
  /** Whether no power is split at that is more than half the degree. */
  readonly half: boolean;
}

const PREFERENCES: readonly Preference[] = [true, false].flatMap((small) =>
  [false, true].map((half) => ({ small, half })),
);

/** How much larger than its largest power a part may be that takes the power's place: four bits. */
const MOST_SPREAD = 2 ** 4;

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
    if (new Splitting(shape, 1, at(PREFERENCES, 0)).best({ level, depth }) || level > depth)
      return level;
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
  const steps = BABY_STEPS.filter(
    (babies) =>
      (babies === 1 || babies <= 2 * Math.sqrt(degree) + 1) && babies >= Math.sqrt(degree) / 4,
  );
  let best: SharedSchemes | undefined;
  for (const preference of PREFERENCES) {
    for (const babies of steps) {
      const found = shapes.map((shape, i) =>
        new Splitting(shape, babies, preference).best(at(deadlines, i)),
      );
      if (!found.every((result) => result !== undefined)) continue;
      const splits = found.reduce((sum, { muls }) => sum + muls, 0);
      const schemes = found.map(({ scheme }) => scheme);
      for (const elements of elementChoices(schemes, shapes, deadlines)) {
        const shared = { ...elements, muls: splits + elements.powers.length };
        if (!best || isBetter(shared, best)) best = shared;
      }
    }
  }
  return best;
}

/** Compares by multiplications; parts as elements take products with coefficients. */
function isBetter(a: SharedSchemes, b: SharedSchemes): boolean {
  return a.muls < b.muls || (a.muls === b.muls && a.parts < b.parts);
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
  readonly #prefersSmall: boolean;
  /**
   * The exponents to split at, ascending: powers of two below `babies`, then `babies` doubled again
   * and again.
   */
  readonly #splits: readonly number[];
  readonly #known = new Map<number, Found | undefined>();

  constructor(shape: PolynomialShape, babies: number, preference: Preference) {
    this.#shape = shape;
    this.#babies = babies;
    this.#prefersSmall = preference.small;
    const splits: number[] = [];
    for (let s = 1; s < babies; s *= 2) splits.push(s);
    const most = shape.present.length / (preference.half ? 2 : 1);
    for (let s = babies; s < most; s *= 2) splits.push(s);
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
      if (!best || muls < best.muls || (muls === best.muls && this.#prefersSmall))
        best = { scheme: { kind: 'split', at: middle, high: high.scheme, low: low.scheme }, muls };
    }
    return best;
  }
}

/** Schemes with their powers; the multiplications are not counted. */
type Elements = Omit<SharedSchemes, 'muls'>;

/**
 * Returns ways to compute the powers that schemes use: all as products, or some as parts of one of
 * the polynomials.
 */
function elementChoices(
  schemes: readonly EvaluationScheme[],
  shapes: readonly PolynomialShape[],
  deadlines: readonly Deadline[],
): readonly Elements[] {
  const needed = neededPowers(schemes, shapes);
  const choices: Elements[] = [];
  const products = powerProducts(needed, shapes, new Set());
  if (products) choices.push({ schemes, leader: 0, parts: 0, powers: products });
  schemes.forEach((scheme, leader) => {
    const found = leadingParts(scheme).filter(
      (part) =>
        isElement(part, at(shapes, leader), needed) &&
        schemes.every((one, i) => reaches(one, part, at(deadlines, i).level)),
    );
    // A smaller power may be what others are computed from.
    for (let count = found.length; count > 0; count--) {
      const exponents = new Set(found.slice(0, count).map(({ exponent }) => exponent));
      const powers = powerProducts(needed, shapes, exponents);
      if (!powers) continue;
      choices.push({
        schemes: schemes.with(leader, withElements(scheme, exponents)),
        leader,
        parts: count,
        powers,
      });
      break;
    }
  });
  return choices;
}

/** A part of a polynomial that is split, whose degree is `exponent`. */
interface LeadingPart {
  readonly scheme: EvaluationScheme & { readonly kind: 'split' };
  readonly from: number;
  readonly exponent: number;
}

/**
 * Returns the parts of a polynomial that its highest coefficients are in, and the next ones where
 * these only scale a power: in every basis they have the polynomial's own coefficients.
 */
function leadingParts(scheme: EvaluationScheme): readonly LeadingPart[] {
  const parts: LeadingPart[] = [];
  let [part, from] = [scheme, 0];
  while (part.kind === 'split') {
    const { high, low } = part;
    parts.push({ scheme: part, from, exponent: degreeOf(part) });
    if (isNumber(high)) part = low;
    else [part, from] = [high, from + part.at];
  }
  return parts.slice(1);
}

/** Whether a scheme is for one coefficient. */
function isNumber(scheme: EvaluationScheme): boolean {
  return scheme.kind === 'sum' && scheme.to === scheme.from + 1;
}

/** Returns the degree of a part. */
function degreeOf(scheme: EvaluationScheme): number {
  switch (scheme.kind) {
    case 'zero':
      return 0;
    case 'sum':
      return scheme.to - scheme.from - 1;
    case 'split':
      return scheme.at + degreeOf(scheme.high);
  }
}

/** Whether a part may take the place of the power of its degree. */
function isElement(
  { scheme, from, exponent }: LeadingPart,
  shape: PolynomialShape,
  needed: Powers,
): boolean {
  if (!needed.inSums.has(exponent) || needed.inSplits.has(exponent)) return false;
  if (shape.spread(from, from + exponent + 1) > MOST_SPREAD) return false;
  if (arrivalOf(scheme, shape) > ceilLog2(exponent)) return false;
  for (let power = 2; power < exponent; power++)
    if (shape.present[from + power] && !needed.inSums.has(power) && !needed.inSplits.has(power))
      return false;
  return true;
}

/** Returns the level of a part. */
function arrivalOf(scheme: EvaluationScheme, shape: PolynomialShape): number {
  switch (scheme.kind) {
    case 'zero':
      return 0;
    case 'sum': {
      let level = 0;
      for (let j = scheme.from + 1; j < scheme.to; j++) {
        const power = j - scheme.from;
        if (shape.present[j]) level = Math.max(level, ceilLog2(power) + shape.scaling(j, power));
      }
      return level;
    }
    case 'split': {
      const { at: middle, high, low } = scheme;
      const product =
        high.kind === 'sum' && isNumber(high)
          ? ceilLog2(middle) + shape.scaling(high.from, middle)
          : Math.max(arrivalOf(high, shape), ceilLog2(middle)) + 1;
      return Math.max(product, arrivalOf(low, shape));
    }
  }
}

/** Whether all sums that use a power meet their deadlines if a part takes its place. */
function reaches(scheme: EvaluationScheme, part: LeadingPart, level: number): boolean {
  switch (scheme.kind) {
    case 'zero':
      return true;
    case 'sum':
      return scheme.to - scheme.from <= part.exponent || ceilLog2(part.exponent) + 1 <= level;
    case 'split':
      return reaches(scheme.high, part, level - 1) && reaches(scheme.low, part, level);
  }
}

/** Marks the leading parts that take the place of powers. */
function withElements(scheme: EvaluationScheme, exponents: ReadonlySet<number>): EvaluationScheme {
  const parts = new Map(leadingParts(scheme).map((part) => [part.scheme, part.exponent]));
  const marked = (one: EvaluationScheme): EvaluationScheme => {
    if (one.kind !== 'split') return one;
    const element = parts.get(one);
    const inner = { ...one, high: marked(one.high), low: marked(one.low) };
    return element !== undefined && exponents.has(element) ? { ...inner, element } : inner;
  };
  return marked(scheme);
}

/** The powers that schemes multiply by coefficients, and those that they multiply parts by. */
interface Powers {
  readonly inSums: ReadonlySet<number>;
  readonly inSplits: ReadonlySet<number>;
}

/**
 * Returns the products for the powers that schemes use, and for those that these are computed from,
 * each at its least depth. Undefined if powers that are not products are needed for them.
 *
 * @param others the powers that are not computed as products
 */
function powerProducts(
  { inSums, inSplits }: Powers,
  shapes: readonly PolynomialShape[],
  others: ReadonlySet<number>,
): readonly PowerProduct[] | undefined {
  const needed = new Set([...inSums, ...inSplits].filter((power) => !others.has(power)));
  const products: PowerProduct[] = [];
  const reflects = shapes.some(({ basis }) => basis !== 'power');
  for (let exponent = largestOf(needed); exponent > 1; exponent--) {
    if (!needed.has(exponent)) continue;
    const left = largerPart(exponent, needed, reflects, others);
    if (left === undefined) return undefined;
    const right = exponent - left;
    needed.add(left).add(right);
    if (reflects && left > right) needed.add(left - right);
    products.push({ exponent, left, right });
  }
  return products.reverse();
}

function neededPowers(
  schemes: readonly EvaluationScheme[],
  shapes: readonly PolynomialShape[],
): Powers {
  const [inSums, inSplits] = [new Set<number>(), new Set<number>()];
  const visit = (scheme: EvaluationScheme, shape: PolynomialShape) => {
    if (scheme.kind === 'sum') {
      for (let j = scheme.from + 1; j < scheme.to; j++)
        if (shape.present[j]) inSums.add(j - scheme.from);
    } else if (scheme.kind === 'split') {
      inSplits.add(scheme.at);
      visit(scheme.high, shape);
      visit(scheme.low, shape);
    }
  };
  schemes.forEach((scheme, i) => {
    visit(scheme, at(shapes, i));
  });
  return { inSums, inSplits };
}

/**
 * Returns the larger part of an exponent, split so that as few new powers as possible are needed;
 * squares are cheapest. Undefined if every split needs powers that are not products.
 *
 * @param reflects whether the difference of the parts is needed, too
 * @param others the powers that are not products
 */
function largerPart(
  exponent: number,
  needed: ReadonlySet<number>,
  reflects: boolean,
  others: ReadonlySet<number>,
): number | undefined {
  const most = 2 ** (ceilLog2(exponent) - 1);
  let best: number | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (let left = Math.ceil(exponent / 2); left <= most; left++) {
    const right = exponent - left;
    const parts = new Set(reflects ? [left, right, left - right] : [left, right]);
    let added = 0;
    for (const power of parts) {
      if (others.has(power)) added = Number.POSITIVE_INFINITY;
      else if (power > 1 && !needed.has(power)) added++;
    }
    if (added < fewest) {
      fewest = added;
      best = left;
    }
  }
  return best;
}
