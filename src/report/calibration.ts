import { BUILT_IN_COST } from '../cost/built-in-cost.ts';
import { type CostModel, type CostTerm, type TermSize, termMs } from '../cost/cost-model.ts';
import type { CostFit, CostSample } from '../cost/fit-cost.ts';
import { defined } from '../lookup.ts';

/** The operations that the table shows, each for a ciphertext with so many polynomials. */
export const SHOWN_TERMS: readonly (readonly [
  label: string,
  term: CostTerm,
  polynomials: number,
])[] = [
  ['addition', 'add', 2],
  ['multiplication', 'mul', 2],
  ['by a plaintext', 'mulPlain', 2],
  ['rescaling', 'rescale', 2],
  ['relinearization', 'relinearize', 3],
  ['rotation', 'rotate', 2],
  ['encoding', 'encodeVector', 1],
];

/** Sizes that are common in circuits: ring degree, and number of primes of a ciphertext. */
export const TYPICAL_SIZES = [
  { degree: 8192, primes: 3 },
  { degree: 16384, primes: 8 },
  { degree: 32768, primes: 16 },
] as const;

/** The time of an operation at a typical size, by a cost model and by the built-in one. */
export interface TypicalTime {
  readonly operation: string;
  readonly degree: number;
  readonly primes: number;
  readonly ms: number;
  readonly builtInMs: number;
}

/** Returns the times of operations by a cost model, at typical sizes. */
export function typicalTimes(model: CostModel): readonly TypicalTime[] {
  return TYPICAL_SIZES.flatMap(({ degree, primes }) =>
    SHOWN_TERMS.map(([operation, term, polynomials]) => {
      const size: TermSize = { degree, primes, chainPrimes: primes, polynomials };
      const [ms, builtInMs] = [model, BUILT_IN_COST].map((m) => rounded(termMs(m, term, size)));
      return { operation, degree, primes, ms: defined(ms), builtInMs: defined(builtInMs) };
    }),
  );
}

/** Rounds to three significant digits; fitted times are not more exact. */
function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}

/** Returns the document of `shoal calibrate --json`, without the file name. */
export function calibrationToJson(fit: CostFit, samples: readonly CostSample[]) {
  const { model, medianDeviation, largestDeviation, worst } = fit;
  return { typical: typicalTimes(model), medianDeviation, largestDeviation, worst, model, samples };
}
