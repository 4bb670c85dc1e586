import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { compileAtO3 } from '../support/depth-checks.ts';
import { expectWithinPromise, inputsWithin } from '../support/encrypted.ts';
import { MODERATE_ROWS } from '../support/moderate-rows.ts';
import { eachSampled } from '../support/sampling.ts';

/** The ring degree that fits all of these rows. */
const LARGEST_RING = 16384;

describe('the depth table at -O3, encrypted', () => {
  eachSampled(
    MODERATE_ROWS.map((row) => [row.group, row.size, row] as const),
    5,
  )('%s: %i, within the promised error', async (group, size, { text }) => {
    const compilation = compileAtO3(text);
    const { choice } = compilation.optimized;
    if (!('plan' in choice)) throw new Error(choice.refused.reason);
    const { plan } = choice;
    expect(plan.params.polyModulusDegree).toBeLessThanOrEqual(LARGEST_RING);
    const numbers = fc.double({ min: 0, max: 1, noNaN: true });
    // The numbers are the same in every run; random programs use random ones.
    const [stream] = fc.sample(fc.infiniteStream(numbers), { numRuns: 1, seed: size });
    const inputs = inputsWithin(compilation, () => stream?.next().value as number);
    await expectWithinPromise(compilation, plan, inputs, `${group}, ${size}`);
  });
});
