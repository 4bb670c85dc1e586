import type { InputType } from '../check/value.ts';
import { largest, outputDegrees } from '../ir/degree.ts';
import { evaluate, RESIDUES } from '../ir/evaluate.ts';
import type { Circuit } from '../ir/graph.ts';
import { PRIMES } from '../tensor/exact.ts';
import { sameShape, showShape, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { residueSource } from './points.ts';

/** Inputs at which two circuits differ, and what they give there, in small integers where possible. */
export interface Counterexample {
  readonly output: string;
  /** Row-major index of the element that differs. */
  readonly element: number;
  readonly inputs: ReadonlyMap<string, Tensor<number>>;
}

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
}

/** Integers tried for a counterexample are at most this large. */
const SMALL = 10n;

/**
 * Decides whether two circuits without loops compute the same polynomials of the same inputs, by exact
 * evaluation at random points modulo two primes (Schwartz, 1980; Zippel, 1979). Constants are rationals
 * and enter exactly. Different polynomials of degree d agree at a random point with probability at most
 * d/p for each prime, so one differing residue is a proof of difference, and agreement an error with the
 * probability that is returned.
 */
export function compareCircuits(a: Circuit, b: Circuit, options: EquivalenceOptions): Equivalence {
  const mismatch = interfaceMismatch(a, b);
  if (mismatch) return { equal: false, reason: mismatch };
  const next = residueSource(options.seed);
  for (let point = 0; point < options.points; point++) {
    const small = pointOf(a.inputs, () => (next() % (2n * SMALL + 1n)) - SMALL);
    const large = pointOf(a.inputs, next);
    for (const inputs of [small, large]) {
      const difference = inputs === small ? tryPoint(a, b, inputs) : differenceAt(a, b, inputs);
      if (difference)
        return { equal: false, ...describe(difference, inputs === small ? small : undefined) };
    }
  }
  return {
    equal: true,
    points: options.points,
    primes: PRIMES,
    errorProbability: errorProbability(a, b, options.points),
  };
}

type Point = ReadonlyMap<string, Tensor<bigint>>;

function pointOf(inputs: readonly InputType[], next: () => bigint): Point {
  return new Map(
    inputs.map(({ name, shape }) => [
      name,
      { shape, data: Array.from({ length: sizeOf(shape) }, () => next()) },
    ]),
  );
}

/** Small integers may divide by zero where random residues do not; such a point says nothing. */
function tryPoint(a: Circuit, b: Circuit, point: Point) {
  try {
    return differenceAt(a, b, point);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function differenceAt(a: Circuit, b: Circuit, point: Point) {
  const inputs = new Map(
    [...point].map(([name, t]) => [name, { ...t, data: t.data.map((x) => RESIDUES.add(x, 0n)) }]),
  );
  const at = (name: string) => inputs.get(name) as Tensor<bigint>;
  const [x, y] = [evaluate(a, RESIDUES, at), evaluate(b, RESIDUES, at)];
  for (const [output, { data }] of x) {
    const other = (y.get(output) as Tensor<bigint>).data;
    const element = data.findIndex((value, i) => value !== other[i]);
    if (element >= 0) return { output, element, point };
  }
  return undefined;
}

function describe(
  found: { output: string; element: number; point: Point },
  small: Point | undefined,
): { reason: string; counterexample?: Counterexample } {
  const reason = `output '${found.output}' differs`;
  if (!small) return { reason };
  const inputs = new Map(
    [...small].map(([name, t]) => [name, { shape: t.shape, data: t.data.map(Number) }]),
  );
  return { reason, counterexample: { output: found.output, element: found.element, inputs } };
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

/** (d/p₁ · d/p₂)^points, with d the larger degree; 1 where a degree is not known. */
function errorProbability(a: Circuit, b: Circuit, points: number): number {
  const degrees = [a, b].flatMap((circuit) => [...outputDegrees(circuit).values()]);
  const known = degrees.filter((degree) => degree !== undefined);
  if (known.length < degrees.length) return 1;
  const degree = Math.max(1, Number(largest(known)));
  const perPoint = PRIMES.reduce(
    (product, prime) => product * Math.min(1, degree / Number(prime)),
    1,
  );
  return perPoint ** points;
}
