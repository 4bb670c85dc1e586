import { describe, expect } from 'vitest';
import type { Compilation } from '../../src/compile/compile.ts';
import { compileAtO3, expectLimitsMet, expectNoWorse } from '../support/depth-checks.ts';
import { DEPTH_ROWS, type DepthRow } from '../support/depth-table.ts';
import { VARIANT_ROWS } from '../support/depth-variants.ts';
import { eachSampled } from '../support/sampling.ts';

/** Horner's rule of every degree is in another test file. */
const rows = DEPTH_ROWS.filter(({ group }) => !group.startsWith("Horner's rule in a loop, "));

const DEPTH = { aim: { objective: 'depth' } } as const;

/**
 * Degrees of Horner's rule that also run with --objective depth: around powers of two, and between.
 */
const DEPTH_DEGREES = [2, 3, 5, 8, 9, 23, 33, 64, 100];
/** Larger rows run only with the default objective. */
const DEPTH_SIZE = 64;

const depthRows = DEPTH_ROWS.filter(({ group, size }) =>
  group.startsWith("Horner's rule in a loop, ") ? DEPTH_DEGREES.includes(size) : size <= DEPTH_SIZE,
);

/** Levels of the circuits that were compiled with --objective time, by text. */
const known = new Map<string, number>();

function fastest({ text }: DepthRow): Compilation {
  const compilation = compileAtO3(text);
  known.set(text, compilation.optimized.measures.levels as number);
  return compilation;
}

function fastestLevels(row: DepthRow): number {
  return known.get(row.text) ?? (fastest(row).optimized.measures.levels as number);
}

const byGroup = (all: readonly DepthRow[]) =>
  [...new Set(all.map(({ group }) => group))].map(
    (group) => [group, all.filter((row) => row.group === group)] as const,
  );

describe('the depth table with --objective time', () => {
  eachSampled(
    rows.map((row) => [row.group, row.size, row] as const),
    ([, size]) => size <= 8 && size % 2 === 0,
  )('%s: %i', (_, __, row) => {
    expectLimitsMet(row, fastest(row));
  });
});

describe('the depth table with --objective depth', () => {
  eachSampled(byGroup(depthRows), 1)('%s', (_, some) => {
    for (const row of some) {
      const compilation = compileAtO3(row.text, DEPTH);
      expectNoWorse(compilation, row.group);
      const { depth, levels } = compilation.optimized.measures;
      const label = `${row.group}, ${row.size}`;
      expect(depth, label).toBeLessThanOrEqual(row.depth(compilation.bound));
      expect(levels, label).toBeLessThanOrEqual(fastestLevels(row));
    }
  });
});

describe('variants of the depth table', () => {
  eachSampled(byGroup(VARIANT_ROWS), 1)('%s', (_, some) => {
    for (const row of some) {
      const label = `${row.group}, ${row.size}`;
      const fast = compileAtO3(row.text);
      expectNoWorse(fast, label);
      if (row.muls !== undefined)
        expect(fast.optimized.measures.ops.mul, label).toBeLessThanOrEqual(row.muls);
      const shallow = compileAtO3(row.text, DEPTH);
      expectNoWorse(shallow, label);
      const { depth, levels } = shallow.optimized.measures;
      expect(depth, label).toBeLessThanOrEqual(row.depth(shallow.bound));
      expect(levels, label).toBeLessThanOrEqual(fast.optimized.measures.levels as number);
    }
  });
});
