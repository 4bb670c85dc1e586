import { describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { leastBudget, wholeOutputs } from '../../src/plan/outputs.ts';
import type { CkksPlan, IntegerPlan } from '../../src/plan/plan.ts';
import { PlanFault } from '../../src/plan-files/plan-fault.ts';
import { requireValidPlan } from '../../src/plan-files/validate-plan.ts';
import { errorBounds, noiseBudgets, predictedError } from '../../src/report/circuit-report.ts';
import { brokenPromises } from '../../src/report/deviations.ts';
import { valueRanges } from '../../src/report/value-ranges.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';
import { inParts, planOf, scalarMap, sketchOf, vectorMap } from '../backends/plans.ts';

const plan = planOf(inParts());
const [columns, last] = plan.outputs as [CkksPlan['outputs'][number], CkksPlan['outputs'][number]];

test('entries of one name are parts of one output', () => {
  const outputs = [columns, { ...columns, name: 'z' }, last];
  expect(wholeOutputs(outputs)).toEqual([
    { name: 'y', shape: [2, 3], parts: [columns, last] },
    { name: 'z', shape: [2, 3], parts: [{ ...columns, name: 'z' }] },
  ]);
  expect(wholeOutputs([])).toEqual([]);
});

test('an output may have the name of an inherited property of objects', () => {
  expect(errorBounds({ ...plan, outputs: [{ ...columns, name: '__proto__' }] })).toHaveProperty(
    '__proto__',
    columns.errorBound,
  );
});

describe('a plan whose outputs have parts', () => {
  test('is valid', () => {
    expect(() => requireValidPlan(plan)).not.toThrow();
  });

  const at = (index: number, key: string) => ['outputs', index, key];
  const { map } = last;
  const cases: readonly (readonly [string, CkksPlan['outputs'], (string | number)[]])[] = [
    ["'y' has 6 elements, 4 are read", [columns], at(0, 'map')],
    ["'y' has 6 elements, 2 are read", [last], at(0, 'map')],
    ["'y' has 6 elements, 8 are read", [columns, last, last], at(0, 'map')],
    [
      "element 1 of 'y' is read twice",
      [columns, { ...last, map: { ...map, from: 1 } }],
      at(1, 'map'),
    ],
    [
      "element 0 of 'y' is read twice",
      [last, { ...columns, map: { ...columns.map, fromStrides: [0, 0] } }],
      at(1, 'map'),
    ],
    ['it reaches outside the data', [columns, { ...last, map: { ...map, from: 3 } }], at(1, 'map')],
    [
      "the parts of 'y' have different shapes",
      [columns, { ...last, shape: [3, 2] }],
      at(1, 'shape'),
    ],
    ["the parts of 'y' have different factors", [columns, { ...last, factor: 2 }], at(1, 'factor')],
    ['there is no such value', [columns, { ...last, value: 4 }], at(1, 'value')],
  ];
  test.each(cases)('%s', (message, outputs, path) => {
    const check = () => requireValidPlan({ ...plan, outputs });
    expect(check).toThrow(PlanFault);
    expect(check).toThrow(expect.objectContaining({ message, path }));
  });

  test('has inputs of different names', () => {
    const [x] = plan.inputs;
    expect(() => requireValidPlan({ ...plan, inputs: [defined(x), defined(x)] })).toThrow(
      expect.objectContaining({ message: "'x' occurs twice", path: ['inputs', 1, 'name'] }),
    );
  });

  test('may hold more elements than a vector has slots', () => {
    // 6 elements in vectors of 4 slots.
    expect(plan.slots).toBe(4);
    const most = { ...columns, shape: [2, 4], map: { ...columns.map, sizes: [2, 4] } };
    expect(() => requireValidPlan({ ...plan, outputs: [most] })).toThrow(
      'it fills more slots than there are',
    );
  });
});

describe('figures of an output in parts', () => {
  const bounded = {
    ...plan,
    outputs: [
      { ...columns, errorBound: 2 ** -20 },
      { ...last, errorBound: 2 ** -10 },
      { ...columns, name: 'z', errorBound: 2 ** -30 },
    ],
  };

  test('its error bound is the largest', () => {
    expect(errorBounds(bounded)).toEqual({ y: 2 ** -10, z: 2 ** -30 });
    expect(predictedError(bounded)).toBe(2 ** -10);
  });

  test('a broken promise is reported once', () => {
    const values = (x: number) => [new Map([['y', new Float64Array(6).fill(x)]])];
    expect(brokenPromises(bounded, values(1 + 2 ** -11), values(1))).toEqual([]);
    expect(brokenPromises(bounded, values(1.5), values(1))).toEqual([
      { output: 'y', error: 0.5, bound: 2 ** -10 },
    ]);
  });

  test('its noise budget is the least; clear values have none', () => {
    expect(leastBudget([null, 20, 3, null, 7])).toBe(3);
    expect(leastBudget([0, 5])).toBe(0);
    expect(leastBudget([null, null])).toBeNull();
    expect(leastBudget([])).toBeNull();
    const parts = [
      { name: 'y', noiseBudget: 20 },
      { name: 'y', noiseBudget: null },
      { name: 'y', noiseBudget: 12 },
      { name: 'z', noiseBudget: null },
    ];
    expect(noiseBudgets({ outputs: parts } as unknown as IntegerPlan)).toEqual({ y: 12, z: null });
  });

  /** The parts of y are x, at most 0.25 in magnitude, and x + 100. */
  const uneven = sketchOf({
    slots: 1,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [], range: [-0.25, 0.25] }],
    ops: [
      { op: 'upload', input: 'x', map: scalarMap, level: 0 },
      { op: 'const', data: 100 },
      { op: 'addPlain', args: [0, 1], level: 0 },
    ],
    outputs: [0, 2].map((value, from) => ({
      name: 'y',
      shape: [2],
      value,
      map: { ...vectorMap(1), from },
    })),
  });

  test('its range is that of the largest part, with the least headroom', () => {
    const planned = planOf(uneven);
    const source = { file: 'uneven.circ', text: '' };
    const ranges = defined(valueRanges({ plan: planned, origins: [] }, source));
    expect(Object.keys(ranges.outputs)).toEqual(['y']);
    expect(ranges.outputs.y).toMatchObject({ index: 2, magnitude: 100.25, sampled: false });
    expect(defined(ranges.outputs.y).headroomBits).toBe(ranges.tightest.headroomBits);
    expect(ranges.largest.index).toBe(2);
  });

  test('its precision is relative to the largest magnitude of all parts', () => {
    const choice = chooseParams(uneven, { precisionBits: 20 });
    if ('refused' in choice) throw new Error(choice.refused.reason);
    expect(choice.notes.magnitudes).toEqual([100.25, 100.25]);
  });
});
