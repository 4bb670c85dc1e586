import type { Circuit } from '../ir/graph.ts';
import { pointOf } from '../ir/point.ts';
import { PRIMES } from '../tensor/exact.ts';
import { residueSource } from '../tensor/random-residues.ts';
import { sameShape, showShape } from '../tensor/tensor.ts';
import { type Counterexample, differenceAt, findCounterexample } from './counterexample.ts';
import { degreeLimit } from './degree-limit.ts';

/**
 * The result of a comparison: two circuits are the same, with an error probability, or how they
 * differ.
 */
export type Equivalence =
  | {
      readonly equal: true;
      readonly points: number;
      readonly primes: readonly bigint[];
      /**
       * Upper limit on the probability that different circuits pass, from the degree of their
       * difference.
       */
      readonly errorProbability: number;
    }
  | { readonly equal: false; readonly reason: string; readonly counterexample?: Counterexample };

/** The points at which two circuits are compared. */
export interface EquivalenceOptions {
  /** The number of random points; each is independent modulo both primes. */
  readonly points: number;
  readonly seed: string;
  /**
   * t, if the circuits compute with integers modulo t: then counterexamples are integers modulo t.
   */
  readonly modulus?: number | undefined;
}

/**
 * Added to the reason for integers modulo t: polynomials that differ may still be equal modulo t.
 */
const UNSEEN = ' over the integers, but not at any point that was tried modulo t';

/** The number of points with a divisor of 0 after which the divisor counts as 0 everywhere. */
const MOST_UNDEFINED = 8;

/**
 * Decides whether two circuits compute the same polynomials of the same inputs, by exact evaluation
 * at random points modulo two primes (Schwartz, 1980; Zippel, 1979). Constants are rational numbers
 * and are exact; with divisions by plain inputs the outputs are rational functions. Different
 * polynomials of degree d agree at a random point with probability at most d/p for each prime p. So
 * one residue that differs proves a difference, and agreement is wrong with at most the probability
 * that is returned.
 *
 * Circuits on integers modulo t are compared over the integers: polynomials that are equal there
 * are equal modulo every t.
 */
export function compareCircuits(a: Circuit, b: Circuit, options: EquivalenceOptions): Equivalence {
  const mismatch = interfaceMismatch(a, b);
  if (mismatch) return { equal: false, reason: mismatch };
  const next = residueSource(options.seed);
  for (let point = 0, undefinedPoints = 0; point < options.points; ) {
    try {
      const difference = differenceAt(a, b, pointOf(a.inputs, next));
      if (difference)
        return { equal: false, ...describe(a, b, difference.output, next, options.modulus) };
      point++;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (++undefinedPoints === MOST_UNDEFINED)
        return { equal: false, reason: 'a divisor is 0 for all inputs' };
    }
  }
  return {
    equal: true,
    points: options.points,
    primes: PRIMES,
    errorProbability: errorProbability(a, b, options.points),
  };
}

function describe(
  a: Circuit,
  b: Circuit,
  output: string,
  next: () => bigint,
  modulus: number | undefined,
): { reason: string; counterexample?: Counterexample } {
  const counterexample = findCounterexample(a, b, next, modulus);
  const where = modulus === undefined || counterexample ? '' : UNSEEN;
  const reason = `output '${counterexample?.output ?? output}' differs${where}`;
  return counterexample ? { reason, counterexample } : { reason };
}

function interfaceMismatch(a: Circuit, b: Circuit): string | undefined {
  const other = new Map(b.inputs.map((input) => [input.name, input]));
  for (const { name, shape } of a.inputs) {
    const twin = other.get(name);
    if (!twin) return `only the first circuit has the input '${name}'`;
    if (!sameShape(shape, twin.shape))
      return `input '${name}' is ${showShape(shape)} in the first circuit, ${showShape(twin.shape)} in the second`;
    other.delete(name);
  }
  for (const name of other.keys()) return `only the second circuit has the input '${name}'`;
  const shapes = (circuit: Circuit) =>
    new Map(circuit.outputs.map(({ name, node }) => [name, circuit.nodes[node]?.shape ?? []]));
  const outputs = shapes(b);
  for (const [name, shape] of shapes(a)) {
    const twin = outputs.get(name);
    if (!twin) return `only the first circuit has the output '${name}'`;
    if (!sameShape(shape, twin))
      return `output '${name}' is ${showShape(shape)} in the first circuit, ${showShape(twin)} in the second`;
    outputs.delete(name);
  }
  for (const name of outputs.keys()) return `only the second circuit has the output '${name}'`;
  return undefined;
}

/**
 * Returns the error probability (d/p₁ · d/p₂)^points, where d limits the degree of the numerator of
 * the difference. Points where a denominator is 0 are skipped, which leaves fewer to choose from.
 * Returns 1 if no limit is known.
 */
function errorProbability(a: Circuit, b: Circuit, points: number): number {
  const [x, y] = [degreeLimit(a), degreeLimit(b)];
  const cleared = x.cleared + y.cleared;
  const degree = Math.max(x.degree, y.degree, 1) * (Math.max(x.raised, y.raised) + cleared);
  const perPoint = PRIMES.reduce((product, prime) => {
    const defined = Number(prime) - cleared;
    return product * (degree < defined ? degree / defined : 1);
  }, 1);
  return perPoint ** points;
}
