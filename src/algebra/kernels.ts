import { AT_INPUT, isFreeFactor } from '../ir/arrival.ts';
import { at, largestOf, last, lookUp } from '../lookup.ts';
import { add, type Exact, isZero, multiply, negate, ONE } from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { kraftLevel } from './kraft.ts';

/** A value that terms multiply. */
export interface Literal {
  readonly isCipher: boolean;
  /** The arrival level of the value. */
  readonly level: number;
  /** Whether the client uploads the value, and can multiply it by a constant. */
  readonly isUpload: boolean;
  /** The sum that the value is, if it is one that sharing made. */
  readonly sum?: readonly Cube[];
}

/** A term: a number times powers of literals, by the literals' numbers. */
export interface Cube {
  readonly coefficient: Exact;
  /** Exponents above 0, by literal. */
  readonly powers: ReadonlyMap<number, number>;
}

type Powers = Cube['powers'];

/** A cube that some terms have as a factor, and the sum of their quotients. */
interface Kernel {
  readonly divisor: Powers;
  readonly terms: readonly Cube[];
  readonly quotients: readonly Cube[];
  /** The multiplications that it saves. */
  readonly saved: number;
  /** The arrival level of the product of the divisor and the sum. */
  readonly level: number;
}

/** Number of terms after a term, in sorted order, that it is compared with. */
const NEIGHBOURS = 24;

/**
 * Shares factors among the terms of sums by algebraic factoring (R. K. Brayton and C. McMullen,
 * "The decomposition and factorization of Boolean expressions", 1982). A sum of quotients of terms
 * by one cube is a kernel, the cube its co-kernel. The kernel that saves most ciphertext
 * multiplications becomes a literal, until none saves any:
 *
 *     a*b + a*c + x*b + x*c = a*s + x*s = (a + x)*s  with s = b + c
 *
 * Equal kernels are one literal, so a rectangle of terms is found row by row. No product of a
 * co-kernel and a kernel arrives later than the limit.
 */
export class Kernels {
  readonly #literals: Literal[] = [];
  readonly #sums = new Map<string, number>();
  #work: number;

  /** @param work limit on the terms that are looked at */
  constructor(work: number) {
    this.#work = work;
  }

  /** What is left of the limit on work; negative if it has been reached. */
  get left(): number {
    return this.#work;
  }

  literal(id: number): Literal {
    return at(this.#literals, id);
  }

  /** Adds a literal and returns its number. */
  add(literal: Literal): number {
    return this.#literals.push(literal) - 1;
  }

  /** Returns 1 or -1 and a literal, whose product is the sum. */
  #sumOf(cubes: readonly Cube[]): { readonly sign: Exact; readonly literal: number } {
    const ordered = [...cubes].sort((a, b) => (keyOf(a.powers) < keyOf(b.powers) ? -1 : 1));
    const sign = at(ordered, 0).coefficient.value < 0 ? negate(ONE) : ONE;
    const sum = ordered.map((cube) => {
      return { ...cube, coefficient: multiply(sign, cube.coefficient) };
    });
    const key = sum.map(textOf).join('+');
    const isCipher = sum.some(({ powers }) => this.#weight(powers) > 0);
    const literal =
      this.#sums.get(key) ?? this.add({ isCipher, level: this.levelOf(sum), isUpload: false, sum });
    this.#sums.set(key, literal);
    return { sign, literal };
  }

  /**
   * Returns a sum with kernels as literals. A factor that all terms have is taken out first, also
   * if that saves nothing: a product can be multiplied on in any order.
   *
   * @param limit the latest arrival level
   */
  share(cubes: readonly Cube[], limit: number): readonly Cube[] {
    if (cubes.length < 2) return cubes;
    const common = this.#kernelOf(cubes, this.#ciphersIn(commonPowers(cubes)), limit);
    if (common?.terms.length === cubes.length) return [this.#extracted(common, limit)];
    return this.#shareTerms(cubes, limit);
  }

  /** Returns a sum, to which more is added, with the kernels that save multiplications. */
  #shareTerms(cubes: readonly Cube[], limit: number): readonly Cube[] {
    let rest = cubes;
    while (this.#work > 0) {
      const best = this.#best(rest, limit);
      if (!best) break;
      const extracted = this.#extracted(best, limit);
      rest = merged([...rest.filter((cube) => !best.terms.includes(cube)), extracted]);
    }
    return rest;
  }

  /**
   * Returns a sum as a polynomial in its late literals, those of the highest level in a term: the
   * terms with the same powers of them become one, and their coefficients share factors. A factor
   * that all terms have is taken out first.
   *
   * @param sharesEarly whether terms share factors if none of them has a late literal
   */
  collect(cubes: readonly Cube[], sharesEarly: boolean): readonly Cube[] {
    if (cubes.length < 2) return cubes;
    const common = this.#ciphersIn(commonPowers(cubes));
    if (common.size > 0) {
      const rest = cubes.map((cube) => dividedBy(cube, common));
      return [this.#times(common, this.collect(rest, sharesEarly))];
    }
    const groups = new Map<string, { readonly late: Powers; readonly terms: Cube[] }>();
    for (const cube of cubes) {
      const late = this.#lateIn(cube.powers);
      const group = groups.get(keyOf(late));
      if (group) group.terms.push(cube);
      else groups.set(keyOf(late), { late, terms: [cube] });
    }
    return [...groups.values()].flatMap(({ late, terms }) => {
      if (late.size === 0) {
        if (terms.length === cubes.length && !sharesEarly) return terms;
        // A product of these terms would only be added, and other sums may have the same terms.
        return this.#shareTerms(terms, this.levelOf(terms));
      }
      if (terms.length === 1) return terms;
      const early = terms.map((cube) => dividedBy(cube, late));
      return [this.#times(late, this.share(early, this.levelOf(early)))];
    });
  }

  #lateIn(powers: Powers): Powers {
    const latest = largestOf([...powers.keys()].map((id) => this.literal(id).level));
    const isLate = (id: number) => {
      const { isCipher, level } = this.literal(id);
      return isCipher && level > AT_INPUT.level && level === latest;
    };
    return new Map([...powers].filter(([id]) => isLate(id)));
  }

  /** Returns the ciphertext multiplications of a sum and the sums in it, each computed once. */
  costOf(cubes: readonly Cube[]): number {
    const most = new Map<number, number>();
    const seen = new Set<number>();
    let joins = 0;
    const stack = [...cubes];
    for (let cube = stack.pop(); cube; cube = stack.pop()) {
      joins += this.#joins(cube.powers);
      for (const [id, count] of cube.powers) {
        const { sum, isCipher } = this.literal(id);
        if (isCipher) most.set(id, Math.max(most.get(id) ?? 0, count));
        if (sum && !seen.has(id)) for (const inner of sum) stack.push(inner);
        seen.add(id);
      }
    }
    return [...most.values()].reduce((cost, count) => cost + squarings(count), joins);
  }

  /**
   * Whether terms are powers of one value, a product of ciphertexts: they are best evaluated as a
   * polynomial.
   */
  isPolynomial(cubes: readonly Cube[]): boolean {
    const values = cubes.map(({ powers }) => rootOf(this.#ciphersIn(powers)));
    return new Set(values.filter(({ size }) => size > 0).map(keyOf)).size < 2;
  }

  /** Whether a sum is a single product of ciphertexts. */
  isProduct(cubes: readonly Cube[]): boolean {
    return cubes.length === 1 && cubes.every(({ powers }) => this.#weight(powers) > 1);
  }

  /** Returns the arrival level of a sum. */
  levelOf(cubes: readonly Cube[]): number {
    return largestOf(cubes.map((cube) => this.#levelOf(cube)));
  }

  #levelOf({ coefficient, powers }: Cube): number {
    const isFree =
      isFreeFactor(scalar(coefficient)) ||
      [...powers.keys()].some((id) => this.literal(id).isUpload);
    return this.#productLevel(powers, isFree ? [] : [AT_INPUT.level]);
  }

  /** @param others arrival levels of more factors */
  #productLevel(powers: Powers, others: readonly number[]): number {
    const factors = [...powers].map(([id, count]) => ({ level: this.literal(id).level, count }));
    return kraftLevel([...factors, ...others.map((level) => ({ level, count: 1 }))]);
  }

  /** Returns the product of a kernel and its co-kernel as a term, the kernel shared in turn. */
  #extracted({ divisor, quotients }: Kernel, limit: number): Cube {
    return this.#times(divisor, this.share(quotients, this.#limitBeside(divisor, limit)));
  }

  /** Returns the latest arrival level of another factor beside some powers. */
  #limitBeside(powers: Powers, limit: number): number {
    let level = limit;
    while (level >= AT_INPUT.level && this.#productLevel(powers, [level]) > limit) level--;
    return level;
  }

  /** Returns a product of powers and a sum as one term. */
  #times(powers: Powers, sum: readonly Cube[]): Cube {
    const { sign, literal } = this.#sumOf(sum);
    const count = (powers.get(literal) ?? 0) + 1;
    return { coefficient: sign, powers: new Map([...powers, [literal, count]]) };
  }

  /** Returns the kernel that saves most; undefined if none saves a multiplication. */
  #best(cubes: readonly Cube[], limit: number): Kernel | undefined {
    let best: Kernel | undefined;
    for (const divisor of this.#divisors(cubes)) {
      if (this.#work < 0) return undefined;
      const kernel = this.#kernelOf(cubes, divisor, limit);
      if (!kernel || kernel.saved <= 0 || this.isPolynomial(kernel.terms)) continue;
      if (!best || (best.saved - kernel.saved || kernel.level - best.level) < 0) best = kernel;
    }
    return best;
  }

  /** Returns cubes that several terms have as a factor. */
  #divisors(cubes: readonly Cube[]): Iterable<Powers> {
    const found = new Map<string, Powers>();
    const note = (powers: Powers) => {
      if (powers.size > 0) found.set(keyOf(powers), powers);
    };
    const having = new Map<number, Cube[]>();
    for (const cube of cubes)
      for (const [id] of this.#ciphersIn(cube.powers)) {
        const others = having.get(id);
        if (others) others.push(cube);
        else having.set(id, [cube]);
      }
    for (const [id, terms] of having) {
      if (terms.length < 2) continue;
      const common = this.#ciphersIn(commonPowers(terms));
      note(common);
      note(new Map([[id, lookUp(common, id)]]));
    }
    cubes.forEach((cube, i) => {
      for (const other of cubes.slice(i + 1, i + 1 + NEIGHBOURS)) {
        this.#work -= 1;
        note(this.#ciphersIn(commonPowers([cube, other])));
      }
    });
    return found.values();
  }

  /**
   * Returns the kernel of a co-kernel, of the terms that are early enough to be added before the
   * product; undefined if there are fewer than two.
   */
  #kernelOf(cubes: readonly Cube[], divisor: Powers, limit: number): Kernel | undefined {
    if (divisor.size === 0) return undefined;
    this.#work -= cubes.length;
    const latest = this.#limitBeside(divisor, limit);
    const quotients = new Map<Cube, Cube>();
    for (const cube of cubes) {
      if (!isDivisible(cube.powers, divisor)) continue;
      const quotient = dividedBy(cube, divisor);
      if (this.#levelOf(quotient) <= latest) quotients.set(cube, quotient);
    }
    if (quotients.size < 2) return undefined;
    const isCipher = [...quotients.values()].some(({ powers }) => this.#weight(powers) > 0);
    let saved = 1 - this.#weight(divisor) - Number(isCipher);
    for (const [{ powers }, quotient] of quotients)
      saved += this.#joins(powers) - this.#joins(quotient.powers);
    for (const id of divisor.keys()) {
      const rest = cubes.map((cube) => quotients.get(cube) ?? cube);
      const after = Math.max(mostOf(rest, id), lookUp(divisor, id));
      saved += squarings(mostOf(cubes, id)) - squarings(after);
    }
    const level = this.#productLevel(divisor, [this.levelOf([...quotients.values()])]);
    const terms = [...quotients.keys()];
    return { divisor, terms, quotients: [...quotients.values()], saved, level };
  }

  #ciphersIn(powers: Powers): Powers {
    return new Map([...powers].filter(([id]) => this.literal(id).isCipher));
  }

  /** Returns the multiplications of a term by the binary method, without the squarings. */
  #joins(powers: Powers): number {
    return Math.max(0, this.#weight(powers) - 1);
  }

  #weight(powers: Powers): number {
    let weight = 0;
    for (const [id, count] of powers) if (this.literal(id).isCipher) weight += popcount(count);
    return weight;
  }
}

/** Returns the terms with those that differ only in their coefficients added up. */
export function merged(cubes: readonly Cube[]): readonly Cube[] {
  const sums = new Map<string, Cube>();
  for (const cube of cubes) {
    const key = keyOf(cube.powers);
    const known = sums.get(key);
    sums.set(
      key,
      known ? { ...cube, coefficient: add(known.coefficient, cube.coefficient) } : cube,
    );
  }
  return [...sums.values()].filter(({ coefficient }) => !isZero(coefficient));
}

function textOf({ coefficient, powers }: Cube): string {
  return `${coefficient.residue}*${keyOf(powers)}`;
}

function keyOf(powers: Powers): string {
  const ordered = [...powers].sort(([a], [b]) => a - b);
  return ordered.map(([id, count]) => `${id}^${count}`).join('*');
}

/** Returns the largest cube that all terms have as a factor. */
function commonPowers(cubes: readonly Cube[]): Powers {
  const shortest = cubes.reduce((a, b) => (b.powers.size < a.powers.size ? b : a), last(cubes));
  const common = new Map<number, number>();
  for (const [id, own] of shortest.powers) {
    const count = cubes.reduce((least, { powers }) => Math.min(least, powers.get(id) ?? 0), own);
    if (count > 0) common.set(id, count);
  }
  return common;
}

function isDivisible(powers: Powers, divisor: Powers): boolean {
  for (const [id, count] of divisor) if ((powers.get(id) ?? 0) < count) return false;
  return true;
}

/** Returns the powers whose highest power these are. */
function rootOf(powers: Powers): Powers {
  const divide = (a: number, b: number): number => (b === 0 ? a : divide(b, a % b));
  const divisor = [...powers.values()].reduce(divide, 0);
  return new Map([...powers].map(([id, count]) => [id, count / divisor]));
}

/** Returns the largest exponent of a literal in some terms. */
function mostOf(cubes: readonly Cube[], id: number): number {
  return cubes.reduce((most, { powers }) => Math.max(most, powers.get(id) ?? 0), 0);
}

function dividedBy({ coefficient, powers }: Cube, divisor: Powers): Cube {
  const rest = [...powers].map(([id, count]) => [id, count - (divisor.get(id) ?? 0)] as const);
  return { coefficient, powers: new Map(rest.filter(([, count]) => count > 0)) };
}

/** Returns the multiplications of a power by the binary method. */
export function multiplications(exponent: number): number {
  return squarings(exponent) + popcount(exponent) - 1;
}

function squarings(count: number): number {
  return Math.floor(Math.log2(Math.max(1, count)));
}

function popcount(n: number): number {
  return n.toString(2).replaceAll('0', '').length;
}
