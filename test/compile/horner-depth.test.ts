import { describe, expect, it } from 'vitest';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { passesUpTo } from '../support/circuits.ts';
import { compileAtO3, expectLimitsMet } from '../support/depth-checks.ts';
import { DEPTH_ROWS, type DepthRow } from '../support/depth-table.ts';
import { eachSampled } from '../support/sampling.ts';

/** All degrees from 2 to 256, constant coefficients and plain ones. */
const rows = DEPTH_ROWS.filter(({ group }) => group.startsWith("Horner's rule in a loop, "));
const DEGREES_A_TEST = 16;
/** Degrees for the whole search, beside multiples of 64. All degrees would take half an hour. */
const WHOLE_SEARCH = 20;
/**
 * From this degree on, circuits with plain coefficients run through the passes once, without
 * search.
 */
const PLAIN_SEARCH = 128;

const starts = Array.from({ length: 16 }, (_, i) => i * DEGREES_A_TEST + 1);

/**
 * Budgets for the first recipes, in the work of -O2. A larger budget never gives a deeper circuit.
 */
const SHORT_SEARCH = { constant: 20, plain: 40 };

function compileRow({ text, size, group }: DepthRow): Compilation {
  if (size <= WHOLE_SEARCH || size % 64 === 0) return compileAtO3(text);
  const isPlain = group.includes('plain');
  return isPlain && size > PLAIN_SEARCH
    ? compileAtO3(text, { passes: passesUpTo(3) })
    : compileAtO3(text, { budget: SHORT_SEARCH[isPlain ? 'plain' : 'constant'] * workOf(text) });
}

function workOf(text: string): number {
  return compile({ file: 'row.circ', text }, { optimizationLevel: 2 }).work;
}

describe("Horner's rule in a loop, at -O3", () => {
  it('has rows for every degree, constant and plain', () => {
    const degrees = Array.from({ length: 255 }, (_, i) => i + 2);
    expect(rows.map(({ size }) => size)).toEqual(degrees.flatMap((d) => [d, d]));
  });

  eachSampled(
    starts.map((first) => [first] as const),
    ([first]) => first === 1,
  )('takes ⌈log2⌉ and about 2√d multiplications, 16 degrees from %i on', (first) => {
    const some = rows.filter(({ size }) => size >= first && size < first + DEGREES_A_TEST);
    for (const row of some) expectLimitsMet(row, compileRow(row));
  });
});
