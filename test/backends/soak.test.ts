import { getActiveResourcesInfo } from 'node:process';
import { expect, test } from 'vitest';
import type { Instance } from '../../src/backends/evaluation.ts';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { heapBytes } from '../../src/backends/seal/load-seal.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { defined } from '../../src/lookup.ts';
import type { CkksPlan } from '../../src/plan/plan.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { coded } from '../support/coded.ts';
import { cases, SAMPLED } from '../support/sampling.ts';
import { instance, largestFraction, planOf, sketchOf, vectorMap } from './plans.ts';
import { randomPlan } from './random-plan.ts';

/** Number of different plans, each of which is evaluated often. */
const PLANS = cases(40, 8);
const EVALUATIONS = cases(1000, 60);
/** Number of evaluations after which each plan has been evaluated twice. */
const WARM = 2 * PLANS + 20;

/** Returns a plan that divides by a plain input. */
function dividing(): CkksPlan {
  const map = vectorMap(4);
  const sketch = sketchOf({
    slots: 4,
    inputs: [
      { name: 'x', secrecy: 'cipher', shape: [4], range: [-1, 1] },
      { name: 'p', secrecy: 'plain', shape: [4], range: [0, 1] },
    ],
    ops: [
      { op: 'upload', input: 'x', map, level: 1 },
      { op: 'rotate', args: [0], steps: 1, level: 1 },
      { op: 'mul', args: [0, 1], level: 1 },
      { op: 'relinearize', args: [2], level: 1 },
      { op: 'plainInput', input: 'p', map },
      { op: 'addPlain', args: [3, 4], level: 1 },
      { op: 'rescale', args: [5], level: 0 },
      { op: 'clearInverse', args: [4], map },
      { op: 'addPlain', args: [6, 7], level: 0 },
    ],
    outputs: [{ name: 'y', shape: [4], value: 8, map }],
  });
  return planOf(sketch, 8);
}

interface Subject {
  readonly plan: CkksPlan;
  readonly instances: readonly Instance[];
}

/** Returns a random plan with one or three instances of its inputs. */
function subjectOf(seed: number): Subject {
  const random = randomNumbers(seed);
  const slots = defined([1, 4, 64, 1024][seed % 4]);
  const plan = planOf(randomPlan(random, slots, seed % 8 === 0 ? 2 : seed % 2, 5 + (seed % 20)), 8);
  const fill = () => Array.from({ length: slots }, () => 2 * random() - 1);
  const count = seed % 5 === 0 ? 3 : 1;
  return {
    plan,
    instances: Array.from({ length: count }, () => instance({ x: fill(), p: fill() })),
  };
}

const title = `${EVALUATIONS.toLocaleString('en')} evaluations of ${PLANS} circuits leave no memory allocated and nothing running`;

test(title, { ...SAMPLED, timeout: 300_000 }, async () => {
  const subjects = Array.from({ length: PLANS }, (_, seed) => subjectOf(seed));
  const failing = dividing();
  const bad = instance({ x: [1, 0.5, -1, 0], p: [1, 0, 0.25, 1] });
  const aborted = AbortSignal.abort(new Error('enough'));
  let [early, resources] = [0, ''];
  for (let i = 0; i < EVALUATIONS; i++) {
    const { plan, instances } = defined(subjects[i % PLANS]);
    if (i % 10 === 9) {
      await expect(encryptedEvaluation(failing, [bad])).rejects.toThrow(coded('division-by-zero'));
    } else if (i % 50 === 25) {
      await expect(encryptedEvaluation(plan, instances, { signal: aborted })).rejects.toThrow(
        'enough',
      );
    } else {
      const got = await encryptedEvaluation(plan, instances);
      expect(largestFraction(plan, got, await simulate(plan, instances))).toBeLessThan(1);
    }
    if (i === WARM) [early, resources] = [heapBytes(), getActiveResourcesInfo().join()];
  }
  expect(early).toBeGreaterThan(0);
  expect(heapBytes()).toBe(early);
  expect(getActiveResourcesInfo().join()).toBe(resources);
});
