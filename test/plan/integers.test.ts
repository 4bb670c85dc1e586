import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { evaluateClearOp, ringOf } from '../../src/plan/clear-ops.ts';
import type { ClearOp, IntegerOp, IntegerSketch } from '../../src/plan/plan.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { vectorMap } from '../backends/plans.ts';
import { coded } from '../support/coded.ts';

const map = vectorMap(2);
const sketch: IntegerSketch = {
  format: 'shoal-plan',
  version: 1,
  circuit: 'integers.circ',
  scheme: 'bgv',
  plainModulus: 17,
  encoding: 'coefficients',
  slots: 2,
  batchable: false,
  inputs: [],
  ops: [],
  outputs: [],
};
const data = {
  ring: ringOf(sketch),
  slots: 2,
  blocks: 1,
  read: () => Float64Array.of(-3, 100),
};

test('clear operations compute modulo t', () => {
  const values = [5, Float64Array.of(16, 3)];
  const evaluate = (op: ClearOp) => evaluateClearOp(op, (index) => defined(values[index]), data);
  expect(evaluate({ op: 'const', data: [-1, 18] })).toEqual(Float64Array.of(16, 1));
  expect(evaluate({ op: 'plainInput', input: 'p', map })).toEqual(Float64Array.of(14, 15));
  expect(evaluate({ op: 'clearAdd', args: [0, 1] })).toEqual(Float64Array.of(4, 8));
  expect(evaluate({ op: 'clearSub', args: [0, 1] })).toEqual(Float64Array.of(6, 2));
  expect(evaluate({ op: 'clearMul', args: [0, 1] })).toEqual(Float64Array.of(12, 15));
  expect(evaluate({ op: 'clearNegate', args: [0] })).toBe(12);
  expect(evaluate({ op: 'clearInverse', args: [1], map })).toEqual(Float64Array.of(16, 6));
  values[1] = Float64Array.of(16, 0);
  expect(() => evaluate({ op: 'clearInverse', args: [1], map })).toThrow(coded('division-by-zero'));
});

test('operations on ciphertexts compute modulo t', () => {
  const ops: IntegerOp[] = [
    { op: 'upload', input: 'x', map, factor: [2, -1], level: 1 },
    { op: 'const', data: 9 },
    { op: 'mul', args: [0, 0], level: 1 },
    { op: 'addPlain', args: [2, 1], level: 1 },
    { op: 'mulPlain', args: [3, 1], scale: 'one', level: 1 },
    { op: 'sub', args: [4, 0], level: 1 },
    { op: 'negate', args: [5], level: 1 },
    { op: 'modSwitch', args: [6], level: 0 },
    { op: 'modSwitch', args: [0], level: 0 },
    { op: 'gather', args: [7, 8], level: 0 },
  ];
  const values = runSlots({ ops, outputs: ops.map((_, value) => ({ value })) }, data);
  const at = (index: number) => [...(values.get(index) as Float64Array)];
  // -3·2 and 100·-1 modulo 17
  expect(at(0)).toEqual([11, 2]);
  expect(at(2)).toEqual([2, 4]);
  expect(at(3)).toEqual([11, 13]);
  expect(at(4)).toEqual([14, 15]);
  expect(at(5)).toEqual([3, 13]);
  expect(at(7)).toEqual([14, 4]);
  expect(at(9)).toEqual([14, 11]);
});
