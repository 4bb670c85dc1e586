import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import type { CkksPlan } from '../../src/plan/plan.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import { evaluateInClear } from '../../src/report/deviations.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';
import { ckksSketch, isOnIntegers } from './ckks.ts';
import { exampleCircuits, exampleSource } from './examples.ts';
import { worstInputs } from './worst-inputs.ts';

/** Bits of precision at which measured errors are compared with error bounds. */
export const PRECISIONS = [20, 30, 40] as const;

/** Number of instances if one ciphertext can hold several, and of evaluations otherwise. */
const BATCH = 64;
const RUNS = 2;

/** Returns the circuits of `circuits/` that compute with real numbers. */
export function realExamples(): readonly (readonly [file: string, text: string])[] {
  return exampleCircuits().filter(([, text]) => !isOnIntegers(text));
}

/**
 * Returns those whose author promises no ranges of computed values: the worst inputs within the
 * inputs' ranges would break such promises, on which the error bounds rest.
 */
export function unpromisedExamples(): readonly (readonly [file: string, text: string])[] {
  return realExamples().filter(([file, text]) => {
    const { promises = [] } = buildCircuit(check(exampleSource(file, text)));
    return promises.length === 0;
  });
}

/** The error bound and the measured error of the output for which their ratio is worst. */
export interface Measured {
  readonly plan: CkksPlan;
  readonly bound: number;
  readonly error: number;
}

/**
 * Measures the errors of a program at its worst inputs, relative to the program as written in
 * clear. Returns undefined if no parameters reach the precision.
 */
export async function measurePromise(
  { checked, source, optimized }: Compilation,
  precisionBits: number,
): Promise<Measured | undefined> {
  const choice = chooseParams(ckksSketch(optimized), { precisionBits });
  if ('refused' in choice) return undefined;
  const { plan } = choice;
  const worst = worstInputs(plan, RUNS);
  const copies = plan.batchable ? Math.ceil(BATCH / worst.length) : 1;
  const instances = Array.from({ length: copies }, () => worst).flat();
  const { outputs } = await encryptedEvaluation(plan, instances);
  const location = { file: '' };
  let [bound, error] = [Number.MIN_VALUE, 0];
  instances.forEach(({ inputs }, i) => {
    const inputData = [...inputs].map(
      ([name, data]) => [name, { data, locationOf: () => location }] as const,
    );
    const clear = evaluateInClear(source.circuit, new Map(inputData), checked);
    for (const [name, errorBound] of Object.entries(errorBounds(plan))) {
      defined(defined(outputs[i]).get(name)).forEach((got, element) => {
        const off = Math.abs(got - defined(defined(clear.get(name))[element]));
        // The negated comparison also accepts NaN, which must not get lost.
        if (errorBound > 0 && !(off / errorBound <= error / bound))
          [bound, error] = [errorBound, off];
      });
    }
  });
  return { plan, bound, error };
}

/** Compiles a program for {@link measurePromise}. */
export function compiled(name: string, text: string, level: 2 | 3): Compilation {
  return compile(exampleSource(name, text), { optimizationLevel: level });
}
