import { expect, test } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { defined } from '../../src/lookup.ts';
import { instance, planOf, quartic } from './plans.ts';

test('computes x^4 + 2', async () => {
  const result = await simulate(planOf(quartic()), [instance({ x: 2 }), instance({ x: -1.5 })]);
  expect(result.outputs.map((outputs) => defined(outputs.get('y'))[0])).toEqual([18, 7.0625]);
  expect(result.memory.keyBytes).toBe(0);
});

test('names an input without data', async () => {
  await expect(simulate(planOf(quartic()), [instance({ z: 2 })])).rejects.toThrow("input 'x'");
});

test('can be interrupted', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const run = simulate(planOf(quartic()), [instance({ x: 2 })], { signal });
  await expect(run).rejects.toThrow('enough');
});
