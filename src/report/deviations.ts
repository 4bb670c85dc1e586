import type { Evaluation } from '../backends/evaluation.ts';
import type { CheckedProgram } from '../check/check-program.ts';
import type { Inputs } from '../data/inputs.ts';
import { type Nested, nest, type TensorDeclaration } from '../data/json-tensors.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { evaluateCircuit, FLOATS, residuesModulo } from '../ir/evaluate-circuit.ts';
import type { Circuit, NodeId, PromisedRange } from '../ir/graph.ts';
import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { placeAt, positionAt, type Source, spanText } from '../syntax/diagnostic.ts';
import { centered } from '../tensor/modular.ts';
import { showElement, type Tensor } from '../tensor/tensor.ts';
import { errorBounds } from './circuit-report.ts';

/** The outputs of one instance, row-major, by name. */
export type Outputs = ReadonlyMap<string, Float64Array>;

/**
 * Evaluates the source form in the clear, in float64 or modulo t, and checks what its author
 * promises with `within`.
 *
 * @param checked the program that the circuit is the source form of
 * @throws ShoalError `division-by-zero`, or `out-of-range` with the line of a promise that the data
 *   break
 */
export function evaluateInClear(
  circuit: Circuit,
  inputs: Inputs,
  { source, scheme: { modulus } }: Pick<CheckedProgram, 'source' | 'scheme'>,
): Outputs {
  const residues = modulus === undefined ? undefined : residuesModulo(modulus);
  const promises = new Map<NodeId, PromisedRange[]>();
  for (const promise of circuit.promises ?? [])
    promises.set(promise.node, [...(promises.get(promise.node) ?? []), promise]);
  const numberOf = (x: number) => (modulus === undefined ? x : centered(x, modulus));
  const read = (x: number) => residues?.residue(x) ?? x;
  const shapes = new Map(circuit.inputs.map(({ name, shape }) => [name, shape]));
  try {
    const outputs = evaluateCircuit(
      circuit,
      residues ?? FLOATS,
      (name) => ({
        shape: shapes.get(name) ?? [],
        data: Array.from(inputs.get(name)?.data ?? [], read),
      }),
      (id, value) => {
        for (const promise of promises.get(id) ?? []) requireKept(promise, value, numberOf, source);
      },
    );
    return new Map([...outputs].map(([name, { data }]) => [name, Float64Array.from(data)]));
  } catch (error) {
    // The arithmetic throws a RangeError where a divisor has no inverse.
    if (error instanceof RangeError) throw new ShoalError('division-by-zero', error.message);
    throw error;
  }
}

/** Relative distance from a promised range that rounding errors in float64 may cause. */
const ROUNDING = 1e-9;

/** @throws ShoalError `out-of-range` if an element is outside of its promised range */
function requireKept(
  { range: [low, high], origin }: PromisedRange,
  { shape, data }: Tensor<number>,
  numberOf: (x: number) => number,
  source: Source,
): void {
  const slack = ROUNDING * Math.max(Math.abs(low), Math.abs(high));
  const at = data.findIndex((x) => !(numberOf(x) >= low - slack && numberOf(x) <= high + slack));
  if (at < 0) return;
  const { file } = placeAt(source, origin.span.start).source;
  const [statement = ''] = spanText(source, origin.span).split(/\s*[-+*]?=\s/);
  const { iterations } = origin;
  const which = iterations.length > 0 ? ` in iteration ${iterations.join(', ')}` : '';
  const got = `${numberOf(defined(data[at]))}${showElement(at, shape) && ` at ${showElement(at, shape)}`}`;
  throw new ShoalError(
    'out-of-range',
    `\`${statement}\`${which} is ${got}, and not within [${low}, ${high}] as promised`,
    { file, position: positionAt(source, origin.span.start) },
  );
}

/** The difference between results and the clear computation. */
export interface Deviation {
  /** The largest |got - clear| of all elements. */
  readonly maxAbsError: number;
  /** The same, relative to the largest magnitude in the output; absolute if all elements are 0. */
  readonly maxRelError: number;
}

/** Returns the largest deviations over all instances and outputs. */
export function deviationOf(got: readonly Outputs[], clear: readonly Outputs[]): Deviation {
  let maxAbsError = 0;
  let maxRelError = 0;
  got.forEach((outputs, instance) => {
    for (const [name, data] of outputs) {
      const reference = clear[instance]?.get(name) ?? new Float64Array(data.length);
      const error = data.reduce(
        (most, x, i) => larger(most, Math.abs(x - defined(reference[i]))),
        0,
      );
      const magnitude = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      maxAbsError = larger(maxAbsError, error);
      maxRelError = larger(maxRelError, error / (magnitude || 1));
    }
  });
  return { maxAbsError, maxRelError };
}

/** An output that differs from the clear computation more than its plan promises. */
export interface BrokenPromise {
  readonly output: string;
  readonly error: number;
  readonly bound: number;
}

/**
 * Tolerance for errors of float64 itself, relative to an output's magnitude. Error bounds cover
 * only the errors of encryption.
 */
const FLOAT_TOLERANCE = 2 ** -36;

/**
 * Returns the outputs whose errors exceed their bounds. The cause is a range that samples
 * underestimated, or a bug in the compiler.
 */
export function brokenPromises(
  plan: Plan,
  got: readonly Outputs[],
  clear: readonly Outputs[],
): readonly BrokenPromise[] {
  const relative = SCHEMES[plan.scheme].isExact ? 0 : FLOAT_TOLERANCE;
  return Object.entries(errorBounds(plan)).flatMap(([name, errorBound]) => {
    let worst: BrokenPromise | undefined;
    got.forEach((outputs, instance) => {
      const reference = clear[instance]?.get(name) ?? new Float64Array();
      outputs.get(name)?.forEach((x, i) => {
        const error = larger(0, Math.abs(x - defined(reference[i])));
        const tolerance = relative * Math.max(1, Math.abs(defined(reference[i])));
        if (error > errorBound + tolerance && error > (worst?.error ?? 0)) {
          worst = { output: name, error, bound: errorBound };
        }
      });
    });
    return worst ? [worst] : [];
  });
}

/**
 * Returns the larger number. NaN and infinity count as the largest finite number, because of JSON.
 */
function larger(a: number, b: number): number {
  return Number.isFinite(b) ? Math.max(a, b) : Number.MAX_VALUE;
}

/** Returns outputs as nested arrays, for JSON. */
export function nestOutputs(
  outputs: Outputs,
  slots: readonly TensorDeclaration[],
): Record<string, Nested> {
  return Object.fromEntries(
    slots.map(({ name, shape }) => [name, nest(outputs.get(name) ?? new Float64Array(), shape)]),
  );
}

/** Returns the sum of the times of all phases, in ms. */
export function totalTime({ timings }: Evaluation): number {
  return Object.values(timings).reduce((sum: number, ms: number) => sum + ms, 0);
}
