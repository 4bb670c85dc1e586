import { BUILT_IN_COST } from '../cost/built-in-cost.ts';
import { type CostModel, type CostTerm, type TermSize, termMs } from '../cost/cost.ts';
import type { CostFit, CostSample } from '../cost/fit-cost.ts';
import { colorsOf, showCount, showTime } from './format.ts';
import { table } from './table.ts';

/** Terms that are shown, by what they are called, and the polynomials they are shown for. */
const shown: readonly (readonly [label: string, term: CostTerm, polynomials: number])[] = [
  ['addition', 'add', 2],
  ['multiplication', 'mul', 2],
  ['by a plaintext', 'mulPlain', 2],
  ['rescaling', 'rescale', 2],
  ['relinearization', 'relinearize', 3],
  ['rotation', 'rotate', 2],
  ['encoding', 'encodeVector', 1],
];

/** Sizes that circuits often have: ring degree, and primes of a ciphertext. */
const sizes = [
  { degree: 8192, primes: 3 },
  { degree: 16384, primes: 8 },
  { degree: 32768, primes: 16 },
] as const;

/** An operation at a typical size on this machine, and by the built-in model. */
interface TypicalTime {
  readonly operation: string;
  readonly degree: number;
  readonly primes: number;
  readonly ms: number;
  readonly builtInMs: number;
}

function typicalTimes(model: CostModel): readonly TypicalTime[] {
  return sizes.flatMap(({ degree, primes }) =>
    shown.map(([operation, term, polynomials]) => {
      const size: TermSize = { degree, primes, chainPrimes: primes, polynomials };
      const [ms, builtInMs] = [model, BUILT_IN_COST].map((m) => rounded(termMs(m, term, size)));
      return { operation, degree, primes, ms: ms!, builtInMs: builtInMs! };
    }),
  );
}

/** Three digits: times that are fitted have no more. */
function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}

/** What `shoal calibrate --json` tells of a calibration. */
export function calibrationToJson(fit: CostFit, samples: readonly CostSample[]) {
  const { model, medianDeviation, largestDeviation, worst } = fit;
  return { typical: typicalTimes(model), medianDeviation, largestDeviation, worst, model, samples };
}

/** A calibration for a terminal: typical operations beside the built-in model's, and how well the model fits. */
export function renderCalibration(
  fit: CostFit,
  samples: readonly CostSample[],
  color: boolean,
): string {
  const times = typicalTimes(fit.model);
  const rows = shown.map(([label]) => [
    label,
    ...times
      .filter(({ operation }) => operation === label)
      .flatMap(({ ms, builtInMs }) => [showTime(ms), showTime(builtInMs)]),
  ]);
  const rings = sizes.map(({ degree, primes }) => `N = ${degree}, ${primes} primes`).join('; ');
  const c = colorsOf(color);
  const tables = table(rows, {
    head: ['', ...sizes.flatMap(({ degree }) => [`N = ${degree}`, c.dim('built-in')])],
    align: ['left', ...sizes.flatMap(() => ['right', 'right'] as const)],
    color,
  });
  return `${tables}\n\n${c.dim(rings)}\n${describeFit(fit, samples)}\n`;
}

function describeFit(fit: CostFit, samples: readonly CostSample[]): string {
  const { worst, medianDeviation, largestDeviation } = fit;
  const where = `${worst.term}, N = ${worst.degree}, ${showCount(worst.primes, 'prime')}`;
  return [
    `${samples.length} measurements; the model is off by ${percent(medianDeviation)} in the middle,`,
    `by ${percent(largestDeviation)} at most (${where})`,
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}
