import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkedEvaluation } from '../../src/backends/seal/checked-evaluation.ts';
import { marginOf } from '../../src/backends/seal/operation-check.ts';
import { compile } from '../../src/compile/compile.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';
import { ckksSketch } from '../support/ckks.ts';
import { inputsWithin } from '../support/encrypted.ts';
import { integerProgram } from '../support/integer-programs.ts';
import { randomProgram } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

/** Ring degrees that take a fraction of a second. */
const LARGEST_RING = 8192;

test(
  'every operation of random programs is within the bound predicted for it',
  SAMPLED,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        randomProgram(9),
        fc.constantFrom(8, 14, 20, 30),
        fc.constantFrom<2 | 3>(2, 3),
        fc.infiniteStream(fc.constantFrom(0, 0.1, 0.37, 0.5, 0.81, 1)),
        async ({ text }, precisionBits, level, stream) => {
          const compilation = compile({ file: 'r.circ', text }, { optimizationLevel: level });
          const choice = chooseParams(ckksSketch(compilation.optimized), { precisionBits });
          fc.pre('plan' in choice && choice.plan.params.polyModulusDegree <= LARGEST_RING);
          if (!('plan' in choice)) return;
          const inputs = inputsWithin(compilation, () => stream.next().value as number);
          const { fault } = await checkedEvaluation(choice.plan, [{ inputs }]);
          expect(fault, text).toBeUndefined();
        },
      ),
      { numRuns: cases(40, 8), endOnFailure: true },
    );
  },
);

test(
  'every operation of random programs on integers is exact and has the noise budget predicted for it',
  SAMPLED,
  async () => {
    await fc.assert(
      fc.asyncProperty(integerProgram(6), async ({ text, inputs }) => {
        const { plan } = compile(
          { file: 'integers.circ', text },
          { optimizationLevel: 2 },
        ).optimized;
        fc.pre(plan !== undefined);
        const { checks, fault } = await checkedEvaluation(plan, [{ inputs }]);
        expect(fault, text).toBeUndefined();
        for (const check of checks) expect(marginOf(check)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: cases(15, 4), endOnFailure: true },
    );
  },
);
