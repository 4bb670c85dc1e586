import { expect, test } from 'vitest';
import { REALS } from '../../src/plan/clear-ops.ts';
import { lastUses } from '../../src/plan/liveness.ts';
import type { PlanOp } from '../../src/plan/plan.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { integersModulo } from '../../src/tensor/modular.ts';
import { vectorMap } from '../backends/plans.ts';

const map = vectorMap(3);
const data = { ring: REALS, slots: 4, blocks: 1, read: () => Float64Array.of(1, 2, 3) };

/** Every operation once on x = [1, 2, 3, 0]. */
const ops: PlanOp[] = [
  { op: 'upload', input: 'x', map, level: 2 },
  { op: 'upload', input: 'x', map, factor: [1, 10, 100], level: 2 },
  { op: 'const', data: 0.5 },
  { op: 'const', data: [1, 1] },
  { op: 'add', args: [0, 1], level: 2 },
  { op: 'sub', args: [0, 1], level: 2 },
  { op: 'negate', args: [0], level: 2 },
  { op: 'addPlain', args: [0, 2], level: 2 },
  { op: 'subPlain', args: [0, 3], level: 2 },
  { op: 'mulPlain', args: [0, 3], scale: 'level', level: 2 },
  { op: 'mul', args: [0, 0], level: 2 },
  { op: 'relinearize', args: [10], level: 2 },
  { op: 'rescale', args: [11], level: 1 },
  { op: 'lower', args: [12], level: 0 },
  { op: 'rotate', args: [13], steps: 3, level: 0 },
];

test('computes every operation as plans define it', () => {
  const values = runSlots(
    { ops, outputs: ops.map((_, value) => ({ name: `${value}`, shape: [4], value, map })) },
    data,
  );
  const at = (index: number): number[] => [...(values.get(index) as Float64Array)];
  expect(at(1)).toEqual([1, 20, 300, 0]);
  expect(at(4)).toEqual([2, 22, 303, 0]);
  expect(at(5)).toEqual([0, -18, -297, 0]);
  expect(at(6)).toEqual([-1, -2, -3, -0]);
  expect(at(7)).toEqual([1.5, 2.5, 3.5, 0.5]);
  expect(at(8)).toEqual([0, 1, 3, 0]);
  expect(at(9)).toEqual([1, 2, 0, 0]);
  expect(at(13)).toEqual([1, 4, 9, 0]);
  expect(at(14)).toEqual([0, 1, 4, 9]);
});

test.each<[string, PlanOp, number[]]>([
  ['addPlain', { op: 'addPlain', args: [0, 1], level: 0 }, [6, 7, 8, 5]],
  ['subPlain', { op: 'subPlain', args: [0, 1], level: 0 }, [-4, -3, -2, -5]],
  ['mulPlain', { op: 'mulPlain', args: [0, 1], scale: 'level', level: 0 }, [5, 10, 15, 0]],
])('%s takes one number for all slots, of reals and modulo 7', (_, op, expected) => {
  const program: PlanOp[] = [
    { op: 'upload', input: 'x', map, level: 0 },
    { op: 'const', data: 5 },
    op,
  ];
  const outputs = [{ name: 'y', shape: [4], value: 2, map }];
  expect([...(runSlots({ ops: program, outputs }, data).get(2) as Float64Array)]).toEqual(expected);
  const modular = { ...data, ring: integersModulo(7) };
  const residues = runSlots({ ops: program, outputs }, modular).get(2) as Float64Array;
  expect([...residues]).toEqual(expected.map((x) => ((x % 7) + 7) % 7));
});

test('numbers are gathered from slot 0 of each block', () => {
  const program: PlanOp[] = [
    { op: 'upload', input: 'x', map, level: 0 },
    { op: 'const', data: 5 },
    { op: 'negate', args: [0], level: 0 },
    { op: 'gather', args: [2, 1, 0], level: 0 },
  ];
  const outputs = [{ name: 'y', shape: [3], value: 3, map }];
  const read = (_: string, block: number) => Float64Array.of(block + 1, 2, 3);
  const values = runSlots({ ops: program, outputs }, { ...data, blocks: 2, read });
  expect([...(values.get(3) as Float64Array)]).toEqual([-1, 5, 1, 0, -2, 5, 2, 0]);
});

test('values live until their last use, outputs until the end', () => {
  const last = lastUses({ ops, outputs: [{ value: 12 }] });
  expect([...last]).toEqual([10, 5, 7, 9, 4, 5, 6, 7, 8, 9, 11, 12, 15, 14, 14]);
});

test('a long plan needs little memory', () => {
  const long: PlanOp[] = [{ op: 'upload', input: 'x', map, level: 0 }];
  for (let i = 0; i < 100_000; i++) long.push({ op: 'negate', args: [i], level: 0 });
  const slots = 1024;
  const before = process.memoryUsage().arrayBuffers;
  const outputs = [{ name: 'y', shape: [3], value: 100_000, map }];
  const values = runSlots({ ops: long, outputs }, { ...data, slots });
  expect((values.get(100_000) as Float64Array)[2]).toBe(3);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10e6);
});
