import { afterAll, describe, expect, test } from 'vitest';
import { MODERATE_ROWS } from '../support/moderate-rows.ts';
import { compiled, exampleCircuits, measurePromise, PRECISIONS } from '../support/promises.ts';

/**
 * Promised errors against errors measured where they are worst. `npm run bench -- precision` does the same
 * for every program of the depth table at every precision.
 */

const ratios: number[] = [];

/** Measures at a precision, or at the next smaller one that there are parameters for. */
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

describe('promised errors hold where inputs are worst', () => {
  test.each([...exampleCircuits()].map(([name, text], i) => [name, text, i % 3] as const))(
    '%s',
    (name, text, at) => expectKept(name, text, 2, at),
  );

  const groups = [...new Set(MODERATE_ROWS.map(({ group }) => group))];
  const smallest = groups.map((group) => MODERATE_ROWS.find((row) => row.group === group)!);
  test.each(
    smallest.map((row, i) => [row.group, row, i % 3] as const).filter((_, i) => i % 2 === 1),
  )('%s', (name, { text }, at) => expectKept(name, text, 3, at));
});

afterAll(() => {
  // Bounds that no error comes near would cost scale, and so levels, for nothing.
  const sorted = ratios.toSorted((a, b) => b - a);
  expect(sorted[0]).toBeGreaterThan(0.05);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeGreaterThan(0.005);
});
