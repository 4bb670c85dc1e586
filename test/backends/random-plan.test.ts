import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { isClear, OPERATIONS } from '../../src/plan/operations.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { expectNoComplaints } from '../support/complaints.ts';
import { cases, SAMPLED } from '../support/sampling.ts';
import { instance, largestFraction, planOf } from './plans.ts';
import { randomPlan } from './random-plan.ts';

const plans = fc.record({
  seed: fc.integer({ min: 0 }),
  slots: fc.constantFrom(1, 2, 8, 64, 1024),
  levels: fc.integer({ min: 0, max: 3 }),
  growth: fc.integer({ min: 5, max: 45 }),
  precisionBits: fc.constantFrom(8, 12, 20),
});

/** Operations that only BFV and BGV have. */
const OF_INTEGERS = ['modSwitch', 'gather'];

test('random plans contain every operation on CKKS ciphertexts', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++)
    for (const { op } of randomPlan(randomNumbers(seed), 8, 3, 45).ops) seen.add(op);
  const names = Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[];
  const wanted = names.filter((op) => !isClear({ op }) && !OF_INTEGERS.includes(op));
  const missing = wanted.filter((op) => !seen.has(op));
  expectNoComplaints(missing.map((op) => `test/backends/random-plan.ts makes no '${op}'`));
});

test('encrypted evaluation is within the error bound of the simulation', SAMPLED, async () => {
  await fc.assert(
    fc.asyncProperty(plans, async ({ seed, slots, levels, growth, precisionBits }) => {
      const random = randomNumbers(seed);
      const plan = planOf(randomPlan(random, slots, levels, growth), precisionBits);
      const fill = (f: (i: number) => number): number[] =>
        Array.from({ length: slots }, (_, i) => f(i));
      const instances = [
        instance({ x: fill(() => 1), p: fill(() => 1) }),
        instance({ x: fill((i) => (i % 2 === 0 ? 1 : -1)), p: fill(() => 0) }),
        instance({ x: fill(() => 2 * random() - 1), p: fill(() => 2 * random() - 1) }),
      ];
      const got = await encryptedEvaluation(plan, instances);
      expect(largestFraction(plan, got, await simulate(plan, instances))).toBeLessThan(1);
    }),
    { numRuns: cases(25, 8) },
  );
});
