import type { Circuit } from '../ir/graph.ts';
import { pointOf } from '../ir/point.ts';
import { PRIMES } from '../tensor/exact.ts';
import { residueSource } from '../tensor/random-residues.ts';
import { sameShape, showShape } from '../tensor/tensor.ts';
import { type Counterexample, differenceAt, findCounterexample } from './counterexample.ts';
import { degreeLimit } from './degree-limit.ts';

/** Whether two circuits are the same, and how sure that is, or how they differ. */
export type Equivalence =
  | {
      readonly equal: true;
      readonly points: number;
      readonly primes: readonly bigint[];
      /** Probability that different circuits pass, at most; from the degree of their difference. */
      readonly errorProbability: number;
    }
  | { readonly equal: false; readonly reason: string; readonly counterexample?: Counterexample };

/** How often, and at which points, two circuits are compared. */
export interface EquivalenceOptions {
  /** Random points; each is independent modulo both primes. */
  readonly points: number;
  readonly seed: string;
  /** t, where the circuits compute with integers modulo it; examples of a difference are then sought there. */
  readonly modulus?: number | undefined;
}

/** Of integers: polynomials that differ may still be the same modulo t. */
const UNSEEN = ' over the integers, but at no point that was tried modulo t';

/** Points in a row at which a divisor is 0 before it is taken to be 0 everywhere. */
const MOST_UNDEFINED = 8;

/**
 * Decides whether two circuits compute the same polynomials of the same inputs, by exact
 * evaluation at random points modulo two primes (Schwartz, 1980; Zippel, 1979). Constants are rationals
 * and enter exactly; with divisions by plain inputs the outputs are rational functions. Different
 * polynomials of degree d agree at a random point with probability at most d/p for each prime, so one
 * differing residue is a proof of difference, and agreement an error with the probability that is returned.
 *
 * Circuits on integers modulo t are compared over the integers: what is equal there is equal modulo t, and for
 * any t.
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
        return { equal: false, reason: 'a divisor is 0 whatever the inputs are' };
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
 * (d/p₁ · d/p₂)^points, with d a limit of the degree of the difference's numerator; points where one of
 * the denominators is 0 were passed over, which leaves fewer to choose from. 1 where nothing is known.
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
