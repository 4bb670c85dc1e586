import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Candidate } from '../../src/compile/candidate.ts';
import { compile } from '../../src/compile/compile.ts';
import { randomComputation } from '../support/computations.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const PROGRAMS = cases(500, 20);
const LEVELS = [0, 1, 2, 3] as const;

/** Programs over vectors, with sums and rotations, and programs over scalars, with loops. */
const anyProgram = fc.oneof(randomProgram(8), randomComputation());

it(`never predicts an optimization level slower than the one below, on ${PROGRAMS} random programs`, {
  timeout: 900_000,
  ...SAMPLED,
}, () => {
  fc.assert(
    fc.property(anyProgram, ({ text }) => {
      const made = optimized(text, 'time');
      made.slice(1).forEach((above, i) => {
        const below = made[i]?.ms;
        if (below === undefined) return;
        expect(above.ms, `-O${i + 1} of\n${text}`).toBeLessThanOrEqual(below);
      });
    }),
    seeded(PROGRAMS),
  );
});

it(`has no more levels and depth for the fewest levels, on ${PROGRAMS} random programs`, {
  timeout: 900_000,
  ...SAMPLED,
}, () => {
  fc.assert(
    fc.property(anyProgram, ({ text }) => {
      const made = optimized(text, 'depth').map(({ measures }) => measures);
      made.slice(1).forEach((above, i) => {
        const below = made[i] as (typeof made)[number];
        expect(above.levels, `-O${i + 1} of\n${text}`).toBeLessThanOrEqual(below.levels as number);
        expect(above.depth, `-O${i + 1} of\n${text}`).toBeLessThanOrEqual(below.depth);
      });
    }),
    seeded(PROGRAMS),
  );
});

function optimized(text: string, objective: 'time' | 'depth'): readonly Candidate[] {
  return LEVELS.map((optimizationLevel) => {
    const options = { optimizationLevel, aim: { objective } };
    return compile({ file: 'random.circ', text }, options).optimized;
  });
}
