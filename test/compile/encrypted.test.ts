import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { expectWithinPromise, inputsWithin } from '../support/encrypted.ts';
import { randomProgram } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

/** Number of random programs. Key generation takes a second or two for each. */
const RUNS = cases(12, 2);
const PRECISION_BITS = 20;

describe('encrypted evaluation of random programs', () => {
  it.each([0, 2, 3] as const)(
    'is within the promised error at -O%i',
    { ...SAMPLED, timeout: 300_000 },
    async (level) => {
      await fc.assert(
        fc.asyncProperty(
          randomProgram(9),
          fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
          async ({ text }, stream) => {
            const compilation = compile({ file: 'r.circ', text }, { optimizationLevel: level });
            const choice = completePlan(compilation.optimized.sketch, {
              precisionBits: PRECISION_BITS,
            });
            fc.pre('plan' in choice);
            const inputs = inputsWithin(compilation, () => stream.next().value as number);
            await expectWithinPromise(compilation, choice.plan, inputs, text);
          },
        ),
        { numRuns: RUNS, verbose: fc.VerbosityLevel.Verbose, endOnFailure: true },
      );
    },
  );
});

describe('division by a plain input whose range contains 0', () => {
  it('refuses divisors nearer to 0 than the promised error allows', async () => {
    const text = 'input x: cipher within [-1, 1]; input p: plain within [-1, 1]; output y = x/p;';
    const choice = completePlan(
      compile({ file: 'd.circ', text }, { optimizationLevel: 2 }).optimized.sketch,
      {
        precisionBits: PRECISION_BITS,
      },
    );
    if (!('plan' in choice)) throw new Error(choice.refused.reason);
    const at = (p: number) =>
      encryptedEvaluation(choice.plan, [
        {
          inputs: new Map([
            ['x', Float64Array.of(0.5)],
            ['p', Float64Array.of(p)],
          ]),
        },
      ]);
    await expect(at(1e-7)).rejects.toThrow(/allows only divisors of magnitude/);
    const { outputs } = await at(0.5);
    expect(outputs[0]?.get('y')?.[0]).toBeCloseTo(1, 4);
  });
});
