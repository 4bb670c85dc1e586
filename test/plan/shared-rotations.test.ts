import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { type BlockData, REALS } from '../../src/plan/clear-ops.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import { powersOfTwo, shareRotations, signedPowersOfTwo } from '../../src/plan/shared-rotations.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { sketchOf, vectorMap } from '../backends/plans.ts';

const splits = [
  ['powers of two', powersOfTwo],
  ['signed powers of two', signedPowersOfTwo],
] as const;

test('signed powers of two are as few as possible', () => {
  expect(signedPowersOfTwo(7, 16)).toEqual([15, 8]);
  expect(signedPowersOfTwo(15, 16)).toEqual([15]);
  expect(signedPowersOfTwo(5, 8)).toEqual([1, 4]);
  expect(powersOfTwo(13, 16)).toEqual([1, 4, 8]);
});

test.each(splits)('%s add up to every offset', (_, split) => {
  for (let slots = 2; slots <= 512; slots *= 2) {
    for (let steps = 1; steps < slots; steps++) {
      const parts = split(steps, slots);
      for (const part of parts) expect(part > 0 && part < slots).toBe(true);
      expect(parts.reduce((sum, part) => sum + part, 0) % slots).toBe(steps);
    }
  }
});

test.each(splits)('%s: the parts of a rotation have its level, and are shared', (_, split) => {
  const map = vectorMap(16);
  const ops: CkksOp[] = [
    { op: 'upload', input: 'x', map, level: 2 },
    { op: 'rotate', args: [0], steps: 5, level: 2 },
    { op: 'rotate', args: [0], steps: 5, level: 2 },
    { op: 'add', args: [1, 2], level: 2 },
  ];
  const sketch = sketchOf({
    slots: 16,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [16], range: [-1, 1] }],
    ops,
    outputs: [{ name: 'y', shape: [16], value: 3, map }],
  });
  // 5 = 1 + 4, once for both.
  expect(shareRotations(sketch, split).ops).toEqual([
    ops[0],
    { op: 'rotate', args: [0], steps: 1, level: 2 },
    { op: 'rotate', args: [1], steps: 4, level: 2 },
    { op: 'add', args: [2, 2], level: 2 },
  ]);
});

test.each(splits)('%s: the results of rotations stay exactly the same', (_, split) => {
  const rotation = fc.tuple(fc.nat(), fc.nat());
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(rotation), (log2, rotations) => {
      const slots = 2 ** log2;
      const map = vectorMap(slots);
      const ops: CkksOp[] = [{ op: 'upload', input: 'x', map, level: 0 }];
      for (const [from, steps] of rotations) {
        const args: [number] = [from % ops.length];
        ops.push({ op: 'rotate', args, steps: 1 + (steps % (slots - 1)), level: 0 });
        ops.push({ op: 'add', args: [ops.length - 1, from % ops.length], level: 0 });
      }
      const plan = sketchOf({
        slots,
        inputs: [{ name: 'x', secrecy: 'cipher', shape: [slots], range: [-1, 1] }],
        ops,
        outputs: [{ name: 'y', shape: [slots], value: ops.length - 1, map }],
      });
      const shared = shareRotations(plan, split);
      const data: BlockData = {
        ring: REALS,
        slots,
        blocks: 1,
        read: () => Float64Array.from({ length: slots }, (_, i) => i),
      };
      const value = ({ outputs }: typeof plan) => defined(outputs[0]).value;
      expect(runSlots(shared, data).get(value(shared))).toEqual(
        runSlots(plan, data).get(value(plan)),
      );
    }),
  );
});

test('rotations of one value share their first rotations', () => {
  const map = vectorMap(8);
  const plan = sketchOf({
    slots: 8,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [8], range: [-1, 1] }],
    ops: [
      { op: 'upload', input: 'x', map, level: 0 },
      { op: 'rotate', args: [0], steps: 3, level: 0 },
      { op: 'rotate', args: [0], steps: 5, level: 0 },
      { op: 'add', args: [1, 2], level: 0 },
    ],
    outputs: [{ name: 'y', shape: [8], value: 3, map }],
  });
  expect(shareRotations(plan, powersOfTwo).ops.slice(1)).toEqual([
    { op: 'rotate', args: [0], steps: 1, level: 0 },
    { op: 'rotate', args: [1], steps: 2, level: 0 },
    { op: 'rotate', args: [1], steps: 4, level: 0 },
    { op: 'add', args: [2, 3], level: 0 },
  ]);
});
