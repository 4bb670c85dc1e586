import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { compileAtO3, expectLimitsMet } from '../support/depth-checks.ts';
import { DEPTH_ROWS } from '../support/depth-table.ts';
import { eachSampled } from '../support/sampling.ts';

/** All degrees from 2 to 256, constant coefficients and plain ones. */
const rows = DEPTH_ROWS.filter(({ group }) => group.startsWith("Horner's rule in a loop, "));
const DEGREES_A_TEST = 16;
/**
 * Degrees that are compiled at -O3 too, beside multiples of 32. -O2 reaches the limits alone, and
 * -O3 is never worse.
 */
const SEARCHED = 20;

const starts = Array.from({ length: 16 }, (_, i) => i * DEGREES_A_TEST + 1);

describe("Horner's rule in a loop, at -O2 and above", () => {
  it('has rows for every degree, constant and plain', () => {
    const degrees = Array.from({ length: 255 }, (_, i) => i + 2);
    expect(rows.map(({ size }) => size)).toEqual(degrees.flatMap((d) => [d, d]));
  });

  eachSampled(
    starts.map((first) => [first] as const),
    ([first]) => first === 1,
  )('takes ⌈log2⌉ and about 2√d multiplications, 16 degrees from %i on', (first) => {
    const some = rows.filter(({ size }) => size >= first && size < first + DEGREES_A_TEST);
    for (const row of some) {
      expectLimitsMet(row, compile({ file: 'row.circ', text: row.text }, { optimizationLevel: 2 }));
      const isSearched = row.size <= SEARCHED || row.size % 32 === 0;
      if (isSearched) expectLimitsMet(row, compileAtO3(row.text));
    }
  });
});
