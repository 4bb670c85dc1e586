import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { errorBounds } from './circuit-report.ts';
import type { Outputs } from './deviations.ts';

/** Number.toFixed writes no more decimals. */
const MOST_DECIMALS = 100;

/**
 * Rounds decrypted outputs to the digits that the plan promises: to the smallest power of ten that
 * is not below the output's error bound. Exact outputs keep all digits.
 */
export function roundToPromise(outputs: Outputs, plan: Plan): Outputs {
  const bounds = errorBounds(plan);
  return new Map(
    [...outputs].map(([name, data]) => {
      const bound = defined(bounds[name]);
      return [name, bound === 0 ? data : data.map((x) => rounded(x, promisedDecimals(bound)))];
    }),
  );
}

/**
 * Returns d for the smallest power of ten 10^-d that is not below an error bound above 0: 6 for
 * 1e-6, 5 for 1.1e-6, -2 for 30.
 */
export function promisedDecimals(bound: number): number {
  // The logarithm may be off by one unit in the last place, so its neighbors are tried, too.
  const near = Math.floor(-Math.log10(bound)) + 1;
  return [near, near - 1].find((d) => Number(`1e${-d}`) >= bound) ?? near - 2;
}

/** Returns x rounded to `decimals` decimals; for a negative number, to a power of ten above 1. */
function rounded(x: number, decimals: number): number {
  if (decimals > MOST_DECIMALS) return x;
  // Adding 0 turns -0 into 0.
  if (decimals >= 0) return Number(x.toFixed(decimals)) + 0;
  const count = Math.round(x / Number(`1e${-decimals}`));
  return Number(`${count}e${-decimals}`) + 0;
}
