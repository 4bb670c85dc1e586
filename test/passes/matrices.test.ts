import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputArrival } from '../../src/ir/arrival.ts';
import type { Circuit } from '../../src/ir/graph.ts';
import type { Pass } from '../../src/passes/pass.ts';
import { FACTORED, LAST, PASSES, RECIPES, runPasses, STAGES } from '../../src/passes/stages.ts';
import { unroll } from '../../src/passes/unroll.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { optimize, quietContext, straight } from '../support/circuits.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';
import { seeded } from '../support/programs.ts';

/** Fails where a pass has changed what is computed. */
function expectSame(what: string, before: Circuit, after: Circuit): void {
  const result = compareCircuits(before, after, { points: 1, seed: what });
  expect(result, what).toMatchObject({ equal: true });
}

describe('random programs on matrices', () => {
  it.each(PASSES.map((pass) => [pass.name, pass] as const))(
    '%s keeps the polynomials',
    (_, pass) => {
      fc.assert(
        fc.property(randomMatrixProgram(), ({ text }) => {
          expectSame(text, straight(text), optimize(text, unroll, pass));
        }),
        seeded(60),
      );
    },
  );

  const levelTwo = [...STAGES[1], ...STAGES[2]];
  const orders = [levelTwo, FACTORED].flatMap((start) =>
    RECIPES.map(({ shape, meet }) => [...start, ...shape, ...meet, ...LAST]),
  );
  it.each(orders.map((passes, i) => [i, passes] as const))(
    'order %i of passes keeps the polynomials after each, and makes nothing later',
    (_, passes: readonly Pass[]) => {
      fc.assert(
        fc.property(randomMatrixProgram(), ({ text }) => {
          const source = straight(text);
          const { circuit } = runPasses(source, passes, quietContext(), (pass, before, after) =>
            expectSame(`${pass.name} on ${text}`, before, after),
          );
          const [was, is] = [source, circuit].map((c) => outputArrival(c, quietContext()).level);
          expect(is, text).toBeLessThanOrEqual(was as number);
        }),
        seeded(60),
      );
    },
  );
});
