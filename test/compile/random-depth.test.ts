import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { randomComputation } from '../support/computations.ts';
import { compileAtO3, expectNoWorse } from '../support/depth-checks.ts';
import { seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const PROGRAMS = cases(500, 10);
/** Budgets in ascending order, in the work of -O2; the default is larger. */
const BUDGETS = [1, 3, 10, 100] as const;

it(`is never deeper than -O2, nor with a larger budget, on ${PROGRAMS} random programs`, {
  timeout: 900_000,
  ...SAMPLED,
}, () => {
  fc.assert(
    fc.property(randomComputation(), ({ text }) => {
      const second = compile({ file: 'random.circ', text }, { optimizationLevel: 2 });
      let below = second;
      for (const compilation of byBudget(text, second.work)) {
        expectNoDeeper(compilation, below, text);
        below = compilation;
      }
      expectNoWorse(below, text);
      expect(below.optimized.measures.depth, text).toBeGreaterThanOrEqual(second.bound);
    }),
    seeded(PROGRAMS),
  );
});

/**
 * Compiles at -O3 with one budget after the other. Stops after a search that ended by itself,
 * because larger budgets give the same.
 */
function byBudget(text: string, work: number): readonly Compilation[] {
  const made: Compilation[] = [];
  for (const factor of BUDGETS) {
    const compilation = compileAtO3(text, { budget: factor * work });
    made.push(compilation);
    if (compilation.stopped !== 'the budget was used up') return made;
  }
  return [...made, compileAtO3(text)];
}

function expectNoDeeper(compilation: Compilation, below: Compilation, text: string): void {
  const [a, b] = [compilation.optimized.measures, below.optimized.measures];
  expect(a.depth, text).toBeLessThanOrEqual(b.depth);
  expect(a.levels, text).toBeLessThanOrEqual(b.levels as number);
}
