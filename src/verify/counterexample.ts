import { evaluateCircuit, FLOATS, RESIDUES, residuesModulo } from '../ir/evaluate-circuit.ts';
import type { Circuit } from '../ir/graph.ts';
import { type Point, pointOf } from '../ir/point.ts';
import { lookUp } from '../lookup.ts';
import { type Exact, fromDecimal, negate } from '../tensor/exact.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Inputs at which two circuits differ, and their results there. */
export interface Counterexample {
  readonly output: string;
  /** Row-major index of the element that differs. */
  readonly element: number;
  /** Integers of magnitude up to 10 if possible, else larger ones or short decimals. */
  readonly inputs: ReadonlyMap<string, Tensor<number>>;
  /**
   * The values of the first and the second circuit in float64; undefined if the computation
   * overflows.
   */
  readonly values: readonly [number | undefined, number | undefined];
}

/** An element of an output that differs. */
export interface Difference {
  readonly output: string;
  readonly element: number;
}

/**
 * A set of numbers to try: integers up to `most` in magnitude, with the decimal point moved left by
 * `decimals`.
 */
interface NumberSet {
  readonly most: bigint;
  readonly decimals: number;
}

/**
 * The sets in the order in which they are tried, easy to read first. Decimals within [-1, 1] come
 * early, because deep circuits overflow at larger numbers. Polynomials that agree at all small
 * integers differ at larger ones.
 */
const NUMBER_SETS: readonly NumberSet[] = [
  { most: 10n, decimals: 0 },
  { most: 10n, decimals: 1 },
  { most: 100n, decimals: 0 },
  { most: 1_000n, decimals: 3 },
  { most: 1_000_000n, decimals: 0 },
];
/** The number of points that are tried with each set. */
const TRIES = 2;

/**
 * Looks for readable inputs at which two circuits differ that are known to be different. Returns
 * the first inputs where float64 shows the difference, else the first where exact arithmetic does.
 * For integers modulo t, only inputs count that show it modulo t. Undefined if no inputs that were
 * tried do.
 *
 * @param next returns uniform random numbers, much larger than any that are tried
 * @param modulus t; undefined for real numbers
 */
export function findCounterexample(
  a: Circuit,
  b: Circuit,
  next: () => bigint,
  modulus?: number,
): Counterexample | undefined {
  let fallback: Counterexample | undefined;
  const sets =
    modulus === undefined ? NUMBER_SETS : NUMBER_SETS.filter(({ decimals }) => decimals === 0);
  for (const set of sets) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const point = pointOf(a.inputs, () => numberOf(set, next()));
      const found = tryPoint(a, b, point, modulus);
      if (found && isVisible(found)) return found;
      if (modulus === undefined) fallback ??= found;
    }
  }
  return fallback;
}

/**
 * Returns the first element of an output at which two circuits differ at a point, by exact
 * arithmetic; undefined if all agree.
 *
 * @throws RangeError if a circuit divides by zero there
 */
export function differenceAt(a: Circuit, b: Circuit, point: Point<bigint>): Difference | undefined {
  const at = (name: string) => lookUp(point, name);
  const [x, y] = [evaluateCircuit(a, RESIDUES, at), evaluateCircuit(b, RESIDUES, at)];
  for (const [output, { data }] of x) {
    const other = lookUp(y, output).data;
    const element = data.findIndex((value, i) => value !== other[i]);
    if (element >= 0) return { output, element };
  }
  return undefined;
}

function numberOf({ most, decimals }: NumberSet, random: bigint): Exact {
  const n = (random % (2n * most + 1n)) - most;
  const magnitude = fromDecimal(`${n < 0n ? -n : n}e-${decimals}`);
  return n < 0n ? negate(magnitude) : magnitude;
}

/**
 * Returns a counterexample at a point. Undefined if the circuits agree there or a divisor is zero
 * there, which happens more often than at random residues.
 */
function tryPoint(
  a: Circuit,
  b: Circuit,
  point: Point<Exact>,
  modulus: number | undefined,
): Counterexample | undefined {
  const residues = mapPoint(point, ({ residue }) => residue);
  const difference = whereDefined(() => differenceAt(a, b, residues));
  if (!difference) return undefined;
  const inputs = mapPoint(point, ({ value }) => value);
  const valueIn = (circuit: Circuit) => valueAt(circuit, inputs, difference, modulus);
  return { ...difference, inputs, values: [valueIn(a), valueIn(b)] };
}

function mapPoint<A, B>(point: Point<A>, f: (x: A) => B): Point<B> {
  return new Map([...point].map(([name, { shape, data }]) => [name, { shape, data: data.map(f) }]));
}

/** Returns one element of a circuit's outputs, in float64 or modulo t. */
function valueAt(
  circuit: Circuit,
  inputs: Point<number>,
  { output, element }: Difference,
  modulus: number | undefined,
): number | undefined {
  const residues = modulus === undefined ? undefined : residuesModulo(modulus);
  const point = residues ? mapPoint(inputs, residues.residue) : inputs;
  const at = (name: string) => lookUp(point, name);
  const outputs = whereDefined(() => evaluateCircuit(circuit, residues ?? FLOATS, at));
  const value = outputs?.get(output)?.data[element];
  return Number.isFinite(value) ? value : undefined;
}

function whereDefined<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function isVisible({ values: [a, b] }: Counterexample): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
