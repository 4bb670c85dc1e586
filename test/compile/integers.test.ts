import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateEncrypted } from '../../src/backends/seal/evaluate.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import type { Inputs } from '../../src/data/inputs.ts';
import type { OptimizationLevel } from '../../src/passes/stages.ts';
import { demandValidPlan } from '../../src/plan/validate.ts';
import { evaluateInClear } from '../../src/report/evaluate.ts';
import { type IntegerProgram, integerProgram, MODULI } from '../support/integer-programs.ts';
import { seeded } from '../support/programs.ts';

const compiled = (text: string, level: OptimizationLevel): Compilation =>
  compile({ file: 'integers.circ', text }, { level });

/** What the program as written gives, modulo t. */
function meaning({ source, checked }: Compilation, inputs: IntegerProgram['inputs']) {
  const place = { file: '', line: 0, column: 0 };
  const given: Inputs = new Map(
    [...inputs].map(([name, data]) => [name, { data, placeOf: () => place }]),
  );
  return evaluateInClear(source.circuit, given, checked.scheme.modulus);
}

const numbers = (outputs: ReadonlyMap<string, Float64Array> | undefined) =>
  Object.fromEntries([...(outputs ?? [])].map(([name, data]) => [name, [...data]]));

const run = (text: string, values: Record<string, number | number[]>, level = 2 as const) => {
  const inputs = new Map(
    Object.entries(values).map(([name, value]) => [name, Float64Array.from([value].flat())]),
  );
  return evaluated(compiled(text, level), inputs);
};

async function evaluated(compilation: Compilation, inputs: IntegerProgram['inputs']) {
  const { plan } = compilation.optimized;
  if (!plan || plan.scheme === 'ckks') throw new Error('there is no plan for integers');
  demandValidPlan(plan);
  const { outputs, noiseBudgets } = await evaluateEncrypted(plan, [{ inputs }]);
  for (const { name, noiseBudget } of plan.outputs) {
    if (noiseBudget !== null) expect(noiseBudgets?.[name]).toBeGreaterThanOrEqual(noiseBudget);
  }
  return numbers(outputs[0]);
}

describe('random programs on integers modulo t', () => {
  test('mean the same at every level, in clear', async () => {
    await fc.assert(
      fc.asyncProperty(integerProgram(10), async ({ text, inputs }) => {
        const wanted = numbers(meaning(compiled(text, 0), inputs));
        for (const level of [0, 1, 2, 3] as const) {
          const { plan } = compiled(text, level).optimized;
          if (!plan) continue;
          const { outputs } = await simulate(plan, [{ inputs }]);
          expect(numbers(outputs[0]), `-O${level}`).toEqual(wanted);
        }
      }),
      seeded(40),
    );
  });

  test('give exactly that encrypted, with no less noise budget left than predicted', async () => {
    await fc.assert(
      fc.asyncProperty(integerProgram(6), async ({ text, inputs }) => {
        const compilation = compiled(text, 2);
        if (!compilation.optimized.plan) return;
        expect(await evaluated(compilation, inputs)).toEqual(
          numbers(meaning(compilation, inputs)),
        );
      }),
      seeded(25),
    );
  });
});
