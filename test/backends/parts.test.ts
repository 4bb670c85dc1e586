import { afterAll, describe, expect, test } from 'vitest';
import { checkedEvaluation } from '../../src/backends/seal/checked-evaluation.ts';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { LeastBudgets } from '../../src/backends/seal/least-budgets.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { defined } from '../../src/lookup.ts';
import type { IntegerSketch } from '../../src/plan/plan.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { chooseIntegerParams } from '../../src/schemes/integers/choose-integer-params.ts';
import { shoalHere, workspace } from '../cli/support.ts';
import { inParts, instance, largestFraction, planOf, vectorMap } from './plans.ts';

/** Outputs that lie in several ciphertexts, in all backends and on the command line. */

const plan = planOf(inParts());
const x = [1, 2, 3, 4, -5, 6];
const y = [-0.5, -1, -1.5, -2, 2.5, -3];

test('the simulator assembles parts and multiplies them by the factor once', async () => {
  const { outputs } = await simulate(plan, [instance({ x }), instance({ x: x.map((v) => -v) })]);
  expect([...defined(outputs[0]).keys()]).toEqual(['y']);
  expect([...defined(defined(outputs[0]).get('y'))]).toEqual(y);
  expect([...defined(defined(outputs[1]).get('y'))]).toEqual(y.map((v) => -v));
});

test('a part may be in the clear, with the same number in every slot', async () => {
  const ops = [...plan.ops, { op: 'const' as const, data: 7 }];
  const [columns, last] = plan.outputs;
  const { outputs } = await simulate(
    { ...plan, ops, outputs: [defined(columns), { ...defined(last), value: 4 }] },
    [instance({ x })],
  );
  expect([...defined(defined(outputs[0]).get('y'))]).toEqual([-0.5, -1, 3.5, -2, 2.5, 3.5]);
});

test('encrypted, many instances share the ciphertexts of each part', async () => {
  const instances = Array.from({ length: 40 }, (_, i) =>
    instance({ x: x.map((v) => v * Math.cos(i)) }),
  );
  const got = await encryptedEvaluation(plan, instances);
  const fraction = largestFraction(plan, got, await simulate(plan, instances));
  expect(fraction).toBeGreaterThan(0);
  expect(fraction).toBeLessThan(1);
  const { checks, fault, outputs } = await checkedEvaluation(plan, [instance({ x })]);
  expect([checks.length, fault]).toEqual([4, undefined]);
  expect(defined(defined(outputs[0]).get('y'))[4]).toBeCloseTo(2.5, 5);
});

describe('integers', () => {
  const part = (value: number, from: number) => ({
    name: 'y',
    shape: [4],
    value,
    map: { ...vectorMap(2), from },
  });
  const sketch: IntegerSketch = {
    format: 'shoal-plan',
    version: 1,
    circuit: 'parts.circ',
    scheme: 'bfv',
    plainModulus: 65_537,
    encoding: 'slots',
    slots: 2,
    batchable: true,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [2], range: [-300, 300] }],
    ops: [
      { op: 'upload', input: 'x', map: vectorMap(2), level: 0 },
      { op: 'mul', args: [0, 0], level: 0 },
      { op: 'relinearize', args: [1], level: 0 },
      { op: 'const', data: 3 },
    ],
    outputs: [part(0, 0), part(2, 2), { ...part(3, 0), name: 'c' }, { ...part(3, 2), name: 'c' }],
  };
  const choice = chooseIntegerParams(sketch);
  if ('refused' in choice) throw new Error(choice.refused.reason);
  const integers = choice.plan;

  test('the noise budget of an output is that of its worst part', async () => {
    const { outputs, noiseBudgets } = await encryptedEvaluation(integers, [
      instance({ x: [5, -2] }),
    ]);
    expect([...defined(defined(outputs[0]).get('y'))]).toEqual([5, 65_535, 25, 4]);
    expect([...defined(defined(outputs[0]).get('c'))]).toEqual([3, 3, 3, 3]);
    const [fresh, square] = integers.outputs.map(({ noiseBudget }) => noiseBudget);
    expect(square).toBeLessThan(defined(fresh));
    expect(defined(noiseBudgets).c).toBeNull();
    expect(defined(noiseBudgets).y).toBeGreaterThanOrEqual(defined(square));
    expect(defined(noiseBudgets).y).toBeLessThan(defined(fresh));
  });

  test('the smallest budget of all runs and parts is kept', () => {
    const budgets = new LeastBudgets(integers);
    budgets.note(
      new Map([
        [0, 50],
        [2, 30],
      ]),
    );
    budgets.note(
      new Map([
        [0, 20],
        [2, 31],
      ]),
    );
    expect(budgets.ofOutputs()).toEqual({ y: 20, c: null });
  });
});

describe('on the command line', () => {
  const space = workspace();
  afterAll(() => space.remove());
  const file = space.file('parts.plan.json', planToText(plan));
  const rows = '[[1, 2, 3], [4, -5, 6]]';
  const inputs = space.file('in.json', `{ "x": ${rows} }`);

  test.each(['plain', 'debug'])('%s prints an output once, with all parts', async (backend) => {
    const args = ['eval', file, '-i', inputs, '--backend', backend];
    const { status, stdout } = await shoalHere(args);
    expect(status).toBe(0);
    expect(stdout.match(/^y = .*$/gm)).toHaveLength(1);
    const json = JSON.parse((await shoalHere([...args, '--json'])).stdout);
    expect(Object.keys(json.errorBounds)).toEqual(['y']);
    expect(json.outputs.y).toHaveLength(2);
    for (const [i, row] of json.outputs.y.entries()) {
      for (const [j, got] of row.entries()) expect(got).toBeCloseTo(defined(y[3 * i + j]), 5);
    }
  });

  test('test vectors compare all parts', async () => {
    const expected = (last: number) => ({
      inputs: { x: JSON.parse(rows) },
      expect: {
        y: [
          [-0.5, -1, -1.5],
          [-2, 2.5, last],
        ],
      },
    });
    const vectors = space.file(
      'tv.json',
      JSON.stringify({ tolerance: 1e-6, vectors: [expected(-3), expected(3)] }),
    );
    const args = ['eval', file, '--vectors', vectors, '--backend', 'plain', '--json'];
    const { status, stdout } = await shoalHere(args);
    expect(status).toBe(1);
    const { results } = JSON.parse(stdout).vectors;
    expect(results.map(({ passed }: { passed: boolean }) => passed)).toEqual([true, false]);
    expect(results[1].misses).toMatchObject([{ output: 'y', element: 5, got: -3, expected: 3 }]);
  });
});
