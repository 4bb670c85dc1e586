import type { Evaluation } from '../backends/evaluation.ts';
import type { Inputs } from '../data/inputs.ts';
import { type Nested, nest, type TensorDeclaration } from '../data/json-tensors.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { evaluateCircuit, FLOATS, residuesModulo } from '../ir/evaluate-circuit.ts';
import type { Circuit } from '../ir/graph.ts';
import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { errorBounds } from './circuit-report.ts';

/** Outputs of one instance, row-major by name. */
export type Outputs = ReadonlyMap<string, Float64Array>;

/**
 * The clear computation: the circuit as written, in float64 or modulo t.
 *
 * @param modulus t; undefined for real numbers
 * @throws ShoalError where the data cannot be computed with
 */
export function evaluateInClear(circuit: Circuit, inputs: Inputs, modulus?: number): Outputs {
  const residues = modulus === undefined ? undefined : residuesModulo(modulus);
  const read = (x: number) => residues?.residue(x) ?? x;
  const shapes = new Map(circuit.inputs.map(({ name, shape }) => [name, shape]));
  try {
    const outputs = evaluateCircuit(circuit, residues ?? FLOATS, (name) => ({
      shape: shapes.get(name) ?? [],
      data: Array.from(inputs.get(name)?.data ?? [], read),
    }));
    return new Map([...outputs].map(([name, { data }]) => [name, Float64Array.from(data)]));
  } catch (error) {
    // The domain's inverse knows nothing of plans and their errors.
    if (error instanceof RangeError) throw new ShoalError('division-by-zero', error.message);
    throw error;
  }
}

/** How far results are from the clear computation. */
export interface Deviation {
  /** Largest |got - clear| of any element. */
  readonly maxAbsError: number;
  /** The same relative to the largest magnitude of the element's output; absolute where all are 0. */
  readonly maxRelError: number;
}

/** The largest deviations over all instances and outputs. */
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

/** An output that is further from the clear computation than its plan promises. */
export interface BrokenPromise {
  readonly output: string;
  readonly error: number;
  readonly bound: number;
}

/**
 * What float64 itself may lose of real numbers, relative to an output's magnitude; promises speak of encryption's
 * errors.
 */
const FLOAT_TOLERANCE = 2 ** -36;

/** Outputs whose errors exceed their bounds: a range that samples misjudged, or a fault of the compiler. */
export function brokenPromises(
  plan: Plan,
  got: readonly Outputs[],
  clear: readonly Outputs[],
): readonly BrokenPromise[] {
  const lost = SCHEMES[plan.scheme].isExact ? 0 : FLOAT_TOLERANCE;
  return Object.entries(errorBounds(plan)).flatMap(([name, errorBound]) => {
    let worst: BrokenPromise | undefined;
    got.forEach((outputs, instance) => {
      const reference = clear[instance]?.get(name) ?? new Float64Array();
      outputs.get(name)?.forEach((x, i) => {
        const error = larger(0, Math.abs(x - defined(reference[i])));
        const tolerance = lost * Math.max(1, Math.abs(defined(reference[i])));
        if (error > errorBound + tolerance && error > (worst?.error ?? 0)) {
          worst = { output: name, error, bound: errorBound };
        }
      });
    });
    return worst ? [worst] : [];
  });
}

/** The larger number; what is no number counts as larger than all, but finite, for JSON has no other. */
function larger(a: number, b: number): number {
  return Number.isFinite(b) ? Math.max(a, b) : Number.MAX_VALUE;
}

/** Outputs as JSON shows them: nested by their shapes. */
export function nestOutputs(
  outputs: Outputs,
  slots: readonly TensorDeclaration[],
): Record<string, Nested> {
  return Object.fromEntries(
    slots.map(({ name, shape }) => [name, nest(outputs.get(name) ?? new Float64Array(), shape)]),
  );
}

/** Timings as reports show them, and with all of them together. */
export function totalTime({ timings }: Evaluation): number {
  return Object.values(timings).reduce((sum: number, ms: number) => sum + ms, 0);
}
