import { expect, test } from 'vitest';
import { evaluateEncrypted } from '../../src/backends/seal/evaluate.ts';
import { heapBytes } from '../../src/backends/seal/runtime.ts';
import { DataError } from '../../src/plan/clear-ops.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { instance, planOf, sketchOf, vectorMap } from './plans.ts';

/** Rotation, product, plain product and inverse, small enough for N = 4096. */
function smallPlan(): Plan {
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
      { op: 'addPlain', args: [6, 4], level: 0 },
      { op: 'addPlain', args: [7, 4], level: 0 },
      { op: 'clearInverse', args: [4], map },
      { op: 'clearMul', args: [9, 4] },
      { op: 'addPlain', args: [8, 10], level: 0 },
    ],
    outputs: [{ name: 'y', shape: [4], value: 11, map }],
  });
  return planOf(sketch, 8);
}

test('SEAL’s memory does not grow over 200 evaluations, failed ones among them', async () => {
  const plan = smallPlan();
  expect(plan.params.polyModulusDegree).toBe(4096);
  const good = instance({ x: [1, 0.5, -1, 0], p: [1, 0.5, 0.25, 1] });
  const bad = instance({ x: [1, 0.5, -1, 0], p: [1, 0, 0.25, 1] });
  let early = 0;
  for (let i = 0; i < 200; i++) {
    if (i % 10 === 9) await expect(evaluateEncrypted(plan, [bad])).rejects.toThrow(DataError);
    else await evaluateEncrypted(plan, [good]);
    if (i === 20) early = heapBytes();
  }
  expect(early).toBeGreaterThan(0);
  expect(heapBytes()).toBe(early);
});
