import { evaluateCircuit, FLOATS, RESIDUES, residuesModulo } from '../ir/evaluate-circuit.ts';
import type { Circuit } from '../ir/graph.ts';
import { type Point, pointOf } from '../ir/point.ts';
import { lookUp } from '../lookup.ts';
import { type Exact, fromDecimal, negate } from '../tensor/exact.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Inputs at which two circuits differ, and what they give there. */
export interface Counterexample {
  readonly output: string;
  /** Row-major index of the element that differs. */
  readonly element: number;
  /** Integers of magnitude up to 10 where possible, else larger ones or short decimals. */
  readonly inputs: ReadonlyMap<string, Tensor<number>>;
  /** Of the first and the second circuit, in float64; undefined where that overflows. */
  readonly values: readonly [number | undefined, number | undefined];
}

/** An output's element that differs. */
export interface Difference {
  readonly output: string;
  readonly element: number;
}

/** Numbers to try: integers up to `most` in magnitude, with the decimal point moved left by `decimals`. */
interface Stage {
  readonly most: bigint;
  readonly decimals: number;
}

/**
 * From easy to read to hard. Decimals within [-1, 1] come early, for deep circuits overflow at others;
 * polynomials that agree at all small integers differ at larger ones.
 */
const STAGES: readonly Stage[] = [
  { most: 10n, decimals: 0 },
  { most: 10n, decimals: 1 },
  { most: 100n, decimals: 0 },
  { most: 1_000n, decimals: 3 },
  { most: 1_000_000n, decimals: 0 },
];
/** Points of each stage. */
const TRIES = 2;

/**
 * Looks for readable inputs at which two circuits that are known to differ do so: the first where float64
 * shows it, or else the first where exact arithmetic does; of integers modulo t only those that show it
 * modulo t. Undefined where none of those tried shows it.
 *
 * @param next uniform numbers, much larger than any that are tried
 * @param modulus t; undefined for real numbers
 */
export function findCounterexample(
  a: Circuit,
  b: Circuit,
  next: () => bigint,
  modulus?: number,
): Counterexample | undefined {
  let fallback: Counterexample | undefined;
  const stages = modulus === undefined ? STAGES : STAGES.filter(({ decimals }) => decimals === 0);
  for (const stage of stages) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const point = pointOf(a.inputs, () => numberOf(stage, next()));
      const found = tryPoint(a, b, point, modulus);
      if (found && isVisible(found)) return found;
      if (modulus === undefined) fallback ??= found;
    }
  }
  return fallback;
}

/**
 * The first element of an output that two circuits do not have in common at a point, exactly.
 *
 * @throws RangeError where a circuit divides by zero there
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

function numberOf({ most, decimals }: Stage, random: bigint): Exact {
  const n = (random % (2n * most + 1n)) - most;
  const magnitude = fromDecimal(`${n < 0n ? -n : n}e-${decimals}`);
  return n < 0n ? negate(magnitude) : magnitude;
}

/** Such a point may divide by zero where random residues do not; it says nothing then. */
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

/** In float64 or modulo t. */
function valueAt(
  circuit: Circuit,
  inputs: Point<number>,
  { output, element }: Difference,
  modulus: number | undefined,
): number | undefined {
  const residues = modulus === undefined ? undefined : residuesModulo(modulus);
  const given = residues ? mapPoint(inputs, residues.residue) : inputs;
  const at = (name: string) => lookUp(given, name);
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
