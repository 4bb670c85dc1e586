import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import type { StagedPlan } from '../../src/plan-files/staged-plan.ts';
import { shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());

/** Compiles a small program to a plan, as one of the stages. */
async function planOf(text: string) {
  const file = space.file('part.circ', text);
  return JSON.parse((await shoalHere(['compile', file, '--json'])).stdout);
}

const first = await planOf('input x: cipher[8] within [-2, 2];\noutput y_1 = x * x;\n');
const second = await planOf('input y_1: cipher[8] within [0, 4];\noutput z = y_1 * y_1 - 1;\n');
const inputs = space.file('inputs.json', JSON.stringify({ x: Array(8).fill(1.5) }));

/** Evaluates the two stages after a modification. */
async function evaluated(change: (stages: StagedPlan['stages']) => void, ...options: string[]) {
  const stages = structuredClone([
    { until: 'line 1', plan: first },
    { until: 'the end', plan: second },
  ]);
  change(stages);
  const file = space.file(
    'stages.plan.json',
    JSON.stringify({ format: 'shoal-stages', version: 1, circuit: 'two.circ', stages }),
  );
  const { status, stdout } = await shoalHere(['eval', file, '-i', inputs, '--json', ...options]);
  return { status, json: JSON.parse(stdout) };
}

describe('eval of a plan in two stages', () => {
  test('evaluates the second stage on the results of the first, encrypted and in the clear', async () => {
    for (const backend of ['seal', 'plain']) {
      const { status, json } = await evaluated(() => {}, '--backend', backend);
      expect(status).toBe(0);
      // (1.5²)² - 1
      expect(json.outputs.z).toHaveLength(8);
      for (const z of json.outputs.z) expect(z).toBeCloseTo(4.0625, 5);
      expect(json.stages).toHaveLength(2);
      expect(json.stages[1].takes).toEqual(['y_1']);
    }
  });

  test('ends at a stage that breaks its promise', async () => {
    const { status, json } = await evaluated(([stage]) => {
      // One of eight numbers is off by more than the tolerance for float64, whatever the noise.
      defined(defined(stage).plan.outputs[0]).errorBound = 2 ** -60;
    });
    expect(status).toBe(3);
    expect(json.errors[0].code).toBe('error-bound-exceeded');
    expect(json.errors[0].message).toMatch(/^stage 1: output 'y_1' is off by/);
  });

  test('ends if a decrypted value is outside the range of the next stage', async () => {
    const { status, json } = await evaluated(([, stage]) => {
      defined(defined(stage).plan.inputs[0]).range = [0, 1];
    });
    expect(status).toBe(3);
    expect(json.errors[0].code).toBe('carried-out-of-range');
    expect(json.errors[0].message).toContain('stage 2 cannot go on');
  });

  test('has no --compare', async () => {
    const { status, json } = await evaluated(() => {}, '--compare');
    expect(status).toBe(2);
    expect(json.errors[0].message).toContain('--compare');
  });
});
