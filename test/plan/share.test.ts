import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { schedulePlan } from '../../src/cost/predict-time.ts';
import { defined } from '../../src/lookup.ts';
import { lastUses, operands } from '../../src/plan/liveness.ts';
import type { CkksOp, CkksPlan } from '../../src/plan/plan.ts';
import { isReplicated, sharesOf, wholePlan } from '../../src/plan/worker-shares.ts';
import { planWithSizes } from '../../src/schemes/ckks/choose-params.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { sketchOf, vectorMap } from '../backends/plans.ts';
import { randomPlan } from '../backends/random-plan.ts';

const layout = { degree: 4096, scaleBits: 20, baseBits: [26], specialBits: 30 };
const map = vectorMap(8);

function planOf(ops: CkksOp[], values: readonly number[]): CkksPlan {
  const sketch = sketchOf({
    slots: 8,
    inputs: [
      { name: 'x', secrecy: 'cipher', shape: [8], range: [-1, 1] },
      { name: 'p', secrecy: 'plain', shape: [8], range: [0.5, 1] },
    ],
    ops,
    outputs: values.map((value) => ({ name: `y${value}`, shape: [8], value, map })),
  });
  return planWithSizes(sketch, { ...layout, levels: 0 }, 5);
}

describe('derived by hand', () => {
  const ops: CkksOp[] = [
    { op: 'upload', input: 'x', map, level: 0 },
    { op: 'plainInput', input: 'p', map },
    { op: 'clearNegate', args: [1] },
    { op: 'clearInverse', args: [1], map },
    { op: 'rotate', args: [0], steps: 1, level: 0 },
    { op: 'rotate', args: [0], steps: 2, level: 0 },
    { op: 'addPlain', args: [5, 2], level: 0 },
    { op: 'add', args: [4, 6], level: 0 },
    { op: 'add', args: [7, 4], level: 0 },
  ];
  const plan = planOf(ops, [8, 1]);

  test('replicated values are in every share that reads them, right before they are read', () => {
    const [first, second] = sharesOf(plan, [
      [4, 7, 8],
      [5, 6],
    ]);
    // No operation reads 3, and 1 is an output: the first worker has both.
    expect(defined(first).ops).toEqual([0, 4, 7, 8, 1, 3]);
    expect(defined(second).ops).toEqual([0, 5, 1, 2, 6]);
    expect(defined(first).outputs).toEqual([8, 1]);
    expect(defined(second).outputs).toEqual([]);
  });

  test('a result goes to each other worker that reads it, once', () => {
    const shares = sharesOf(plan, [[7], [4, 8], [5, 6]]);
    expect(shares.map(({ recipients }) => [...recipients])).toEqual([
      [[7, [1]]],
      [[4, [0]]],
      [[6, [0]]],
    ]);
  });

  test('values can be freed after their last use in the share', () => {
    const { ops: order, outputs } = defined(
      sharesOf(plan, [
        [4, 7, 8],
        [5, 6],
      ])[1],
    );
    // Order 0, 5, 1, 2, 6: position 1 reads the upload, 3 the input, 4 the rotation and the
    // negation.
    const last = lastUses(plan, order, outputs);
    expect([0, 5, 1, 2, 6].map((at) => last[at])).toEqual([1, 4, 3, 4, 4]);
  });

  test('the whole plan is a share that exchanges nothing', () => {
    const { ops: order, recipients, outputs } = wholePlan(plan);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(recipients.size).toBe(0);
    expect(outputs).toEqual([8, 1]);
  });
});

test('shares of random plans compute everything without deadlock', () => {
  const cases = fc.record({
    seed: fc.nat(),
    growth: fc.integer({ min: 0, max: 80 }),
    workers: fc.integer({ min: 1, max: 5 }),
  });
  const free = { ...BUILT_IN_COST.terms, transfer: { call: 0, coefficient: 0 } };
  fc.assert(
    fc.property(cases, ({ seed, growth, workers }) => {
      const sketch = randomPlan(randomNumbers(seed), 8, 2, growth);
      const plan = planWithSizes(sketch, { ...layout, levels: 2 }, 5);
      const orders = schedulePlan(plan, { ...BUILT_IN_COST, terms: free }, workers).workers;
      const shares = sharesOf(plan, orders);
      const available = shares.map(() => new Set<number>());
      const next = shares.map(() => 0);
      const computed: number[] = [];
      const advance = (worker: number): boolean => {
        const share = defined(shares[worker]);
        const at = share.ops[defined(next[worker])];
        if (at === undefined) return false;
        if (!operands(defined(plan.ops[at])).every((arg) => defined(available[worker]).has(arg)))
          return false;
        next[worker] = defined(next[worker]) + 1;
        for (const to of [worker, ...(share.recipients.get(at) ?? [])])
          defined(available[to]).add(at);
        if (!isReplicated(defined(plan.ops[at]))) computed.push(at);
        return true;
      };
      while ([...shares.keys()].some(advance));
      expect(next).toEqual(shares.map(({ ops }) => ops.length));
      // Each operation on ciphertexts runs once, each other operation at least once.
      expect(new Set(computed).size).toBe(computed.length);
      expect(new Set(available.flatMap((values) => [...values])).size).toBe(plan.ops.length);
      const expected = [...new Set(plan.outputs.map(({ value }) => value))].sort();
      expect(shares.flatMap(({ outputs }) => outputs).sort()).toEqual(expected);
    }),
  );
});
