import { expect, test } from 'vitest';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { heapBytes } from '../../src/backends/seal/load-seal.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { withFewerKeys } from '../../src/memory/fewer-keys.ts';
import { keyNeeds } from '../../src/memory/key-needs.ts';
import { DEFAULT_HEAP_BYTES, planMemory } from '../../src/memory/memory-budget.ts';
import { ckksSketch } from '../support/ckks.ts';
import { coded } from '../support/coded.ts';
import { THOROUGH } from '../support/sampling.ts';
import { instance, largestFraction, planOf } from './plans.ts';

/** 19 rotations of x³ and 19 of x, N = 16384. */
const text = `input x: cipher[64] within [-1, 1];
var s = x^4;
for i in 1..20 { s = s + rotate(x^3, i) * rotate(x, 3*i); }
output s;`;
const plan = planOf(
  ckksSketch(compile({ file: 'rotations.circ', text }, { optimizationLevel: 2 }).optimized),
);
const x = Array.from({ length: 64 }, (_, i) => Math.sin(i));

/** The heap of this process only grows, so the smaller budget comes first. */
test('predictions are within a quarter of measurements, with few keys loaded and with all', async () => {
  const all = planMemory(plan).prediction.heap;
  const budget = all - 30 * 2 ** 20;
  for (const memory of [budget, DEFAULT_HEAP_BYTES]) {
    const { prediction, capacities } = planMemory(plan, 1, memory);
    const loaded = [...capacities.values()].reduce((sum, count) => sum + count, 0);
    expect(loaded < keyNeeds(plan).size).toBe(memory === budget);
    const evaluation = await encryptedEvaluation(plan, [instance({ x })], { memory });
    expect(prediction.heap / heapBytes()).toBeGreaterThan(0.75);
    expect(prediction.heap / heapBytes()).toBeLessThan(1.25);
    expect(evaluation.memory.keyBytes).toBe(prediction.storedKeys);
    const expected = await simulate(plan, [instance({ x })]);
    expect(largestFraction(plan, evaluation, expected)).toBeLessThan(1);
  }
});

test('a plan that does not fit in memory is refused before it starts', async () => {
  const memory = 2 ** 20;
  const { prediction, fits } = planMemory(plan, 1, memory);
  expect(fits).toBe(false);
  expect(planMemory(plan, 1, prediction.heap).fits).toBe(true);
  const start = performance.now();
  await expect(encryptedEvaluation(plan, [instance({ x })], { memory })).rejects.toThrow(
    coded('memory-too-small'),
  );
  expect(performance.now() - start).toBeLessThan(1000);
});

test('memory for several workers is divided among them', () => {
  const one = planMemory(plan, 1).prediction;
  const four = planMemory(plan, 4, 4 * one.heap);
  expect(four.prediction.heap).toBe(one.heap);
  expect(four.prediction.total).toBe(4 * one.heap + one.storedKeys);
  expect(planMemory(plan, 4, one.heap).fits).toBe(false);
});

test('rotations share keys if all keys together are too large', THOROUGH, async () => {
  const text = `input x: cipher[512] within [-1, 1];
let y = x^2;
var s = y;
for i in 1..300 { s = s + rotate(y, i) * (y + i/300); }
output s;`;
  const many = planOf(
    ckksSketch(compile({ file: 'many.circ', text }, { optimizationLevel: 2 }).optimized),
  );
  const { loadedKeys } = planMemory(many).prediction;
  expect(withFewerKeys(many, 1, loadedKeys)).toBe(many);
  // Fewer keys are no use if memory is still too small.
  expect(withFewerKeys(many, 100, loadedKeys)).toBe(many);

  const memory = loadedKeys - 1;
  const fewer = withFewerKeys(many, 1, memory);
  expect(keyNeeds(many).size).toBe(300);
  expect(keyNeeds(fewer).size).toBeLessThanOrEqual(1 + 2 * 9);
  expect(defined(fewer.outputs[0]).errorBound).toBeGreaterThan(defined(many.outputs[0]).errorBound);
  const inputs = [instance({ x: Array.from({ length: 512 }, (_, i) => Math.sin(i)) })];
  const got = await encryptedEvaluation(fewer, inputs, { memory });
  expect(largestFraction(fewer, got, await simulate(many, inputs))).toBeLessThan(1);
});
