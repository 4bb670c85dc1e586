import { MAX_FREE_FACTOR } from '../ir/arrival.ts';
import type { Origin } from '../ir/graph.ts';
import { at, defined } from '../lookup.ts';
import { rewired } from '../plan/rewire.ts';
import { movedFacts, usedOnly } from './emitter.ts';
import type { PackedCircuit, PackedOp } from './packed-circuit.ts';
import { findSums, isClearTerm, type SlotTerm } from './slot-sums.ts';
import { freeInteger, multiple } from './small-multiples.ts';

/**
 * Limits on the terms of a sum, on differences of offsets that are tried, and on a factor's terms.
 */
const MOST_TERMS = 256;
const MOST_DIFFERENCES = 24;
const LONGEST_FACTOR = 16;

/**
 * Factors sums of rotations as polynomials in the rotation r by one slot. A term c·rot(v, s) is the
 * monomial c·rˢ of v, and rotations commute:
 *
 *     v + rot(v, 1) + rot(v, 64) + rot(v, 65) = (1 + r)·(1 + r⁶⁴)·v          2 rotations, not 3
 *
 * A factor has its terms at equal distances, with integer coefficients; what it does not divide is
 * added. A coefficient takes additions if they are few, not a product. Sums of several values are
 * divided together. Exact, because rotations are linear; a rotation that other sums read, too, is
 * counted as saved, so the caller compares the circuits.
 */
export function factorRotations(circuit: PackedCircuit): PackedCircuit {
  return new RotationFactoring(circuit).run();
}

/** A term of a sum of rotations: an integer times a value rotated left by an offset. */
interface Monomial {
  readonly value: number;
  readonly offset: number;
  readonly coefficient: number;
}

/** A factor Σ coefficientsᵢ·r^(i·distance). */
interface RotationFactor {
  readonly distance: number;
  readonly coefficients: readonly number[];
}

interface Division {
  readonly factor: RotationFactor;
  readonly quotient: readonly Monomial[];
  readonly rest: readonly Monomial[];
}

class RotationFactoring {
  readonly #circuit: PackedCircuit;
  readonly #ops: PackedOp[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #newIndices: number[] = [];
  #origin: Origin | undefined;
  /** Whether a sum was factored. */
  #any = false;

  constructor(circuit: PackedCircuit) {
    this.#circuit = circuit;
  }

  run(): PackedCircuit {
    const { ops, origins, outputs } = this.#circuit;
    const sums = findSums(this.#circuit, true);
    ops.forEach((op, value) => {
      this.#origin = origins[value];
      const terms = sums.roots[value] === value ? (sums.terms.get(value) ?? []) : [];
      const own = this.#factored(terms) ?? this.#emit(rewired(op, (arg) => this.#moved(arg)));
      this.#newIndices.push(own);
    });
    if (!this.#any) return this.#circuit;
    const moved = outputs.map((out) => ({ ...out, value: this.#moved(out.value) }));
    const { slots, inputs } = this.#circuit;
    const all = { slots, inputs, ops: this.#ops, origins: this.#origins, outputs: moved };
    return usedOnly({ ...all, ...movedFacts(this.#circuit, this.#newIndices) }, []);
  }

  #moved(value: number): number {
    return at(this.#newIndices, value);
  }

  #emit = (op: PackedOp): number => {
    this.#origins.push(this.#origin);
    return this.#ops.push(op) - 1;
  };

  /** Writes a sum if factors save rotations; returns undefined if they do not. */
  #factored(terms: readonly SlotTerm[]): number | undefined {
    if (terms.length < 3 || terms.length > MOST_TERMS) return undefined;
    const isClear = (term: SlotTerm) => isClearTerm(this.#circuit, term);
    const monomials = collected(
      terms.filter((term) => !isClear(term)).map((term) => this.#monomialOf(term)),
    );
    const isFree = monomials.every(({ coefficient }) => Math.abs(coefficient) <= MAX_FREE_FACTOR);
    if (!isFree || !bestDivision(monomials)) return undefined;
    this.#any = true;
    let sum = this.#sum(monomials);
    for (const { value, sign } of terms.filter(isClear))
      sum = this.#emit({
        op: sign === 1 ? 'addPlain' : 'subPlain',
        args: [sum, this.#moved(value)],
      });
    return sum;
  }

  #monomialOf({ value, sign }: SlotTerm): Monomial {
    const { ops, slots } = this.#circuit;
    let [from, offset, coefficient] = [value, 0, sign as number];
    for (let inner: number | undefined = from; inner !== undefined; ) {
      const op: PackedOp = at(ops, from);
      inner = undefined;
      if (op.op === 'rotate') {
        offset += op.steps;
        inner = op.args[0];
      } else if (op.op === 'mulPlain') {
        const factor = freeInteger(at(ops, op.args[1]));
        if (factor === undefined) break;
        coefficient *= factor;
        inner = op.args[0];
      }
      from = inner ?? from;
    }
    const cyclic = ((offset % slots) + slots) % slots;
    return { value: from, offset: cyclic > slots / 2 ? cyclic - slots : cyclic, coefficient };
  }

  /** Writes a sum, factored as long as that saves rotations. */
  #sum(monomials: readonly Monomial[]): number {
    const division = bestDivision(monomials);
    if (!division) return this.#direct(monomials);
    const { factor, quotient, rest } = division;
    const inner = this.#sum(quotient);
    const terms = factor.coefficients.map((coefficient, i) => {
      return { value: this.#rotated(inner, i * factor.distance), coefficient };
    });
    if (rest.length > 0) terms.push({ value: this.#sum(rest), coefficient: 1 });
    return this.#combined(terms);
  }

  /** Writes a sum with one rotation for each offset. */
  #direct(monomials: readonly Monomial[]): number {
    const byOffset = new Map<number, Monomial[]>();
    for (const one of monomials) {
      const own = byOffset.get(one.offset);
      if (own) own.push(one);
      else byOffset.set(one.offset, [one]);
    }
    return this.#combined(
      [...byOffset].map(([offset, own]) => {
        const terms = own.map((one) => ({ ...one, value: this.#moved(one.value) }));
        const [only, ...others] = terms;
        if (only && others.length === 0)
          return { ...only, value: this.#rotated(only.value, offset) };
        return { value: this.#rotated(this.#combined(terms), offset), coefficient: 1 };
      }),
    );
  }

  #rotated(value: number, offset: number): number {
    const { slots } = this.#circuit;
    const steps = ((offset % slots) + slots) % slots;
    return steps === 0 ? value : this.#emit({ op: 'rotate', args: [value], steps });
  }

  /** Writes a linear combination: first the added terms, then the subtracted ones. */
  #combined(terms: readonly { readonly value: number; readonly coefficient: number }[]): number {
    let sum: number | undefined;
    for (const { value, coefficient } of [...terms].sort((a, b) => b.coefficient - a.coefficient)) {
      const term = multiple(this.#emit, value, Math.abs(coefficient));
      if (sum === undefined)
        sum = coefficient > 0 ? term : this.#emit({ op: 'negate', args: [term] });
      else sum = this.#emit({ op: coefficient > 0 ? 'add' : 'sub', args: [sum, term] });
    }
    return defined(sum);
  }
}

function keyOf({ value, offset }: Pick<Monomial, 'value' | 'offset'>): string {
  return `${value}:${offset}`;
}

/** Returns the monomials with equal ones added up, by offset. */
function collected(monomials: readonly Monomial[]): readonly Monomial[] {
  const sums = new Map<string, Monomial>();
  for (const one of monomials) {
    const coefficient = (sums.get(keyOf(one))?.coefficient ?? 0) + one.coefficient;
    sums.set(keyOf(one), { ...one, coefficient });
  }
  return [...sums.values()]
    .filter(({ coefficient }) => coefficient !== 0)
    .sort((a, b) => a.offset - b.offset || a.value - b.value);
}

function rotationsOf(monomials: readonly Monomial[]): number {
  const offsets = new Set(monomials.map(({ offset }) => offset));
  offsets.delete(0);
  return offsets.size;
}

/** Returns the division that leaves the fewest rotations; undefined if none saves one. */
function bestDivision(monomials: readonly Monomial[]): Division | undefined {
  let best: Division | undefined;
  let least = rotationsOf(monomials);
  if (least < 2) return undefined;
  for (const factor of factorsOf(monomials)) {
    const division = divided(monomials, factor);
    if (division.quotient.length === 0) continue;
    const inner = rotationsOf(division.quotient) + rotationsOf(division.rest);
    const rotations = factor.coefficients.filter((c) => c !== 0).length - 1 + inner;
    if (rotations >= least) continue;
    best = division;
    least = rotations;
  }
  return best;
}

/** Returns factors that divide some terms: terms at equal distances, the most frequent first. */
function* factorsOf(monomials: readonly Monomial[]): Iterable<RotationFactor> {
  const known = new Map(monomials.map((one) => [keyOf(one), one.coefficient]));
  const starts = new Map<number, Monomial[]>();
  const counts = new Map<number, number>();
  for (const one of monomials)
    for (const other of monomials) {
      const distance = other.offset - one.offset;
      if (other.value !== one.value || distance <= 0) continue;
      counts.set(distance, (counts.get(distance) ?? 0) + 1);
      if (known.has(keyOf({ ...one, offset: one.offset - distance }))) continue;
      const first = starts.get(distance);
      if (first) first.push(one);
      else starts.set(distance, [one]);
    }
  const distances = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_DIFFERENCES);
  const seen = new Set<string>();
  for (const [distance] of distances)
    for (const { value, offset } of starts.get(distance) ?? []) {
      const coefficients: number[] = [];
      while (coefficients.length < LONGEST_FACTOR) {
        const next = known.get(keyOf({ value, offset: offset + coefficients.length * distance }));
        if (next === undefined) break;
        coefficients.push(next);
        const factor = { distance, coefficients: primitive(coefficients) };
        const text = `${distance}: ${factor.coefficients.join()}`;
        if (coefficients.length < 2 || seen.has(text)) continue;
        seen.add(text);
        yield factor;
      }
    }
}

/** Returns integers divided by their greatest common divisor, the first one positive. */
function primitive(integers: readonly number[]): readonly number[] {
  const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));
  const divisor = integers.reduce(gcd, 0) * Math.sign(at(integers, 0));
  return integers.map((integer) => integer / divisor);
}

/** Divides terms by a factor, the lowest offset first. Coefficients never grow. */
function divided(monomials: readonly Monomial[], factor: RotationFactor): Division {
  const { distance, coefficients } = factor;
  const left = new Map(monomials.map((one) => [keyOf(one), one.coefficient]));
  const quotient: Monomial[] = [];
  const rest: Monomial[] = [];
  for (const { value, offset } of monomials) {
    const key = (i: number) => keyOf({ value, offset: offset + i * distance });
    const coefficient = left.get(key(0)) ?? 0;
    if (coefficient === 0) continue;
    const times = coefficient / at(coefficients, 0);
    const divides =
      Number.isInteger(times) &&
      coefficients.every((own, i) => {
        const has = left.get(key(i)) ?? 0;
        return Math.sign(has) === Math.sign(times * own) && Math.abs(has) >= Math.abs(times * own);
      });
    if (!divides) {
      rest.push({ value, offset, coefficient });
      continue;
    }
    quotient.push({ value, offset, coefficient: times });
    coefficients.forEach((own, i) => {
      left.set(key(i), (left.get(key(i)) ?? 0) - times * own);
    });
  }
  return { factor, quotient, rest };
}
