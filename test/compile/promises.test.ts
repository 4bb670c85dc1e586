import { describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';
import { planOf, quartic } from '../backends/plans.ts';
import { ckksSketch } from '../support/ckks.ts';
import { MODERATE_ROWS } from '../support/moderate-rows.ts';
import { compiled, measurePromise, PRECISIONS, unpromisedExamples } from '../support/promises.ts';
import { eachSampled } from '../support/sampling.ts';
import { worstInputs } from '../support/worst-inputs.ts';

/**
 * Compares promised errors with errors measured on the worst inputs. `npm run bench -- precision`
 * does the same for every program of the depth table at every precision.
 */

/** CKKS programs that the sample measures. */
const SAMPLE = ['quartic.circ', 'variance', 'neuron'];

const ratios: number[] = [];

/** Measures at a precision, or at the next smaller one that parameters fit. */
async function expectKept(name: string, text: string, level: 2 | 3, at: number): Promise<void> {
  const compilation = compiled(name, text, level);
  for (const precisionBits of PRECISIONS.slice(0, at + 1).reverse()) {
    const measured = await measurePromise(compilation, precisionBits);
    if (!measured) continue;
    const ratio = measured.error / measured.bound;
    expect(ratio, `at ${precisionBits} bits`).toBeLessThanOrEqual(1);
    ratios.push(ratio);
    return;
  }
  throw new Error('no parameters fit');
}

test('the search finds where a circuit amplifies errors most', () => {
  // 4x³ is largest at the corners.
  const [corner] = worstInputs(planOf(quartic()), 1);
  expect(Math.abs(defined(defined(defined(corner).inputs.get('x'))[0]))).toBeCloseTo(2, 6);
  // The slope of t³ - t within ±0.6 is largest at 0, inside of the range.
  const cubic = compiled('c', 'input t: cipher within [-0.6, 0.6];\noutput y = t^3 - t;\n', 2);
  const choice = chooseParams(ckksSketch(cubic.optimized), { precisionBits: 20 });
  if ('refused' in choice) throw new Error(choice.refused.reason);
  const [inside] = worstInputs(choice.plan, 1);
  expect(Math.abs(defined(defined(defined(inside).inputs.get('t'))[0]))).toBeLessThan(0.3);
});

describe('promised errors hold on the worst inputs', () => {
  eachSampled(
    unpromisedExamples().map(([name, text], i) => [name, text, i % 3] as const),
    ([name]) => SAMPLE.some((one) => name.includes(one)),
  )('%s', (name, text, at) => expectKept(name, text, 2, at));

  const groups = [...new Set(MODERATE_ROWS.map(({ group }) => group))];
  const smallest = groups.map((group) => defined(MODERATE_ROWS.find((row) => row.group === group)));
  eachSampled(
    smallest.map((row, i) => [row.group, row, i % 3] as const).filter((_, i) => i % 2 === 1),
    2,
  )('%s', (name, { text }, at) => expectKept(name, text, 3, at));

  test('and some errors come near their bounds', () => {
    // Bounds that are too wide would cost scale, and so levels, for nothing.
    const sorted = ratios.toSorted((a, b) => b - a);
    expect(sorted[0]).toBeGreaterThan(0.05);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeGreaterThan(0.005);
  });
});
