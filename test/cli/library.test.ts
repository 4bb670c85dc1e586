import { expect, test } from 'vitest';
import {
  CircuitError,
  compile,
  completePlan,
  evaluateEncrypted,
  format,
  planToText,
  readPlan,
} from '../../src/index.ts';

test('from the text of a circuit to encrypted results', async () => {
  const text = 'input x: cipher within [-3, 3];\noutput y = x^4 + 2;\n';
  const { source, optimized } = compile({ file: 'quartic.circ', text }, { optimizationLevel: 2 });
  expect([source.measures.depth, optimized.measures.depth]).toEqual([3, 2]);
  const choice = completePlan(optimized.sketch, { precisionBits: 20 });
  if ('refused' in choice) throw new Error(choice.refused.reason);
  const plan = readPlan({ file: 'quartic.plan.json', text: planToText(choice.plan) });
  expect(plan).toEqual(choice.plan);
  const inputs = new Map([['x', Float64Array.of(2)]]);
  const { outputs } = await evaluateEncrypted(plan, [{ inputs }]);
  expect(outputs[0]?.get('y')?.[0]).toBeCloseTo(18, 4);
  expect(format({ file: 'quartic.circ', text })).toBe(text);
});

test('errors of a circuit are available as data', () => {
  const source = { file: 'wrong.circ', text: 'output y = z;' };
  try {
    compile(source, { optimizationLevel: 2 });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(CircuitError);
    expect((error as CircuitError).diagnostics[0]?.code).toBe('unknown-name');
  }
});
