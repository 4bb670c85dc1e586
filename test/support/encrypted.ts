import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import type { Compilation } from '../../src/compile/compile.ts';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { at, defined } from '../../src/lookup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { expectNoComplaints } from './complaints.ts';

/** Values of inputs, by name. */
export type Inputs = ReadonlyMap<string, Float64Array>;

/** Returns random inputs within their ranges; `next` returns numbers from 0 to 1. */
export function inputsWithin(compilation: Compilation, next: () => number): Inputs {
  return new Map(
    compilation.checked.inputs.map(({ name, shape, range }) => {
      const [low, high] = range ?? [-1, 1];
      return [
        name,
        Float64Array.from({ length: sizeOf(shape) }, () => low + next() * (high - low)),
      ];
    }),
  );
}

/**
 * Evaluates a plan encrypted, and expects that no output differs from the program as written by
 * more than its error bound.
 */
export async function expectWithinPromise(
  compilation: Compilation,
  plan: Plan,
  inputs: Inputs,
  label: string,
): Promise<void> {
  const { outputs } = await encryptedEvaluation(plan, [{ inputs }]);
  const clear = inClear(compilation, inputs);
  const complaints = Object.entries(errorBounds(plan)).flatMap(([name, errorBound]) =>
    (clear.get(name) ?? []).flatMap((expected, i) => {
      const error = Math.abs(at(defined(outputs[0]?.get(name)), i) - expected);
      // A difference that is no number is no difference within the bound.
      if (error <= errorBound) return [];
      return [`${name}[${i}] is wrong by ${error}, promised are ${errorBound}: ${label}`];
    }),
  );
  expectNoComplaints(complaints);
}

function inClear(compilation: Compilation, inputs: Inputs): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map(compilation.checked.inputs.map(({ name, shape }) => [name, shape]));
  const outputs = evaluateCircuit(compilation.source.circuit, FLOATS, (name) => ({
    shape: shapes.get(name) ?? [],
    data: [...(inputs.get(name) ?? [])],
  }));
  return new Map([...outputs].map(([name, { data }]) => [name, data]));
}
