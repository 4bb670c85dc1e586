import type { CostFit, CostSample } from '../cost/fit-cost.ts';
import { SHOWN_TERMS, TYPICAL_SIZES, typicalTimes } from '../report/calibration.ts';
import { showCount, showTime } from '../report/show-values.ts';
import { colorsOf } from './text-layout.ts';
import { table } from './text-table.ts';

/**
 * Renders a calibration: typical operations by the measured and the built-in cost model, and how
 * well the measured model fits.
 */
export function renderCalibration(
  fit: CostFit,
  samples: readonly CostSample[],
  color: boolean,
): string {
  const times = typicalTimes(fit.model);
  const rows = SHOWN_TERMS.map(([label]) => [
    label,
    ...times
      .filter(({ operation }) => operation === label)
      .flatMap(({ ms, builtInMs }) => [showTime(ms), showTime(builtInMs)]),
  ]);
  const rings = TYPICAL_SIZES.map(({ degree, primes }) => `N = ${degree}, ${primes} primes`).join(
    '; ',
  );
  const c = colorsOf(color);
  const tables = table(rows, {
    head: ['', ...TYPICAL_SIZES.flatMap(({ degree }) => [`N = ${degree}`, c.dim('built-in')])],
    align: ['left', ...TYPICAL_SIZES.flatMap(() => ['right', 'right'] as const)],
    color,
  });
  return `${tables}\n\n${c.dim(rings)}\n${describeFit(fit, samples)}\n`;
}

function describeFit(fit: CostFit, samples: readonly CostSample[]): string {
  const { worst, medianDeviation, largestDeviation } = fit;
  const where = `${worst.term}, N = ${worst.degree}, ${showCount(worst.primes, 'prime')}`;
  return [
    `${samples.length} measurements; the model deviates by ${percent(medianDeviation)} (median)`,
    `and by at most ${percent(largestDeviation)} (${where})`,
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}
