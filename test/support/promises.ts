import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import type { CkksPlan } from '../../src/plan/plan.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import { evaluateInClear } from '../../src/report/deviations.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';
import { ckksSketch, isOnIntegers } from './ckks.ts';
import { exampleCircuits } from './examples.ts';
import { worstInputs } from './worst-inputs.ts';

/** Bits of precision at which promises are held against measurements. */
export const PRECISIONS = [20, 30, 40] as const;

/** Instances in one ciphertext, where a plan allows it, and evaluations where it does not. */
const BATCH = 64;
const RUNS = 2;

/** The example circuits on real numbers. */
export function realExamples(): readonly (readonly [file: string, text: string])[] {
  return exampleCircuits().filter(([, text]) => !isOnIntegers(text));
}

/** What was promised of a plan's outputs and what was measured, of the output nearest to its promise. */
export interface Measured {
  readonly plan: CkksPlan;
  readonly bound: number;
  readonly error: number;
}

/**
 * Measures a program's errors at the inputs where they are worst, against the program as written in clear.
 * Undefined where no parameters fit that precision.
 */
export async function measurePromise(
  { source, optimized }: Compilation,
  precisionBits: number,
): Promise<Measured | undefined> {
  const choice = chooseParams(ckksSketch(optimized), { precisionBits });
  if ('refused' in choice) return undefined;
  const { plan } = choice;
  const worst = worstInputs(plan, RUNS);
  const copies = plan.batchable ? Math.ceil(BATCH / worst.length) : 1;
  const instances = Array.from({ length: copies }, () => worst).flat();
  const { outputs } = await encryptedEvaluation(plan, instances);
  const place = { file: '' };
  let [bound, error] = [Number.MIN_VALUE, 0];
  instances.forEach(({ inputs }, i) => {
    const given = [...inputs].map(
      ([name, data]) => [name, { data, locationOf: () => place }] as const,
    );
    const clear = evaluateInClear(source.circuit, new Map(given));
    for (const [name, errorBound] of Object.entries(errorBounds(plan))) {
      defined(defined(outputs[i]).get(name)).forEach((got, element) => {
        const off = Math.abs(got - defined(defined(clear.get(name))[element]));
        // Not a comparison of ratios the other way round: what is no number must not get lost.
        if (errorBound > 0 && !(off / errorBound <= error / bound))
          [bound, error] = [errorBound, off];
      });
    }
  });
  return { plan, bound, error };
}

/** Compiles a program for these measurements. */
export function compiled(name: string, text: string, level: 2 | 3): Compilation {
  return compile({ file: name, text }, { optimizationLevel: level });
}
