import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import type { Inputs } from '../../src/data/inputs.ts';
import { defined } from '../../src/lookup.ts';
import type { OptimizationLevel } from '../../src/passes/pass-list.ts';
import { requireValidPlan } from '../../src/plan-files/validate-plan.ts';
import { noiseBudgets as predictedBudgets } from '../../src/report/circuit-report.ts';
import { evaluateInClear } from '../../src/report/deviations.ts';
import { type IntegerProgram, integerProgram } from '../support/integer-programs.ts';
import { seeded } from '../support/programs.ts';

const compiled = (text: string, level: OptimizationLevel): Compilation =>
  compile({ file: 'integers.circ', text }, { optimizationLevel: level });

/** Returns the outputs of the source form, modulo t. */
function sourceOutputs({ source, checked }: Compilation, inputs: IntegerProgram['inputs']) {
  const location = { file: '' };
  const given: Inputs = new Map(
    [...inputs].map(([name, data]) => [name, { data, locationOf: () => location }]),
  );
  return evaluateInClear(source.circuit, given, checked);
}

const numbers = (outputs: ReadonlyMap<string, Float64Array> | undefined) =>
  Object.fromEntries([...(outputs ?? [])].map(([name, data]) => [name, [...data]]));

/** Evaluates encrypted, and expects at least the predicted noise budgets. */
async function evaluated(compilation: Compilation, inputs: IntegerProgram['inputs']) {
  const { plan } = compilation.optimized;
  if (!plan || plan.scheme === 'ckks') throw new Error('there is no plan for integers');
  requireValidPlan(plan);
  const { outputs, noiseBudgets } = await encryptedEvaluation(plan, [{ inputs }]);
  for (const [name, least] of Object.entries(defined(predictedBudgets(plan)))) {
    if (least !== null) expect(noiseBudgets?.[name]).toBeGreaterThanOrEqual(least);
  }
  return numbers(outputs[0]);
}

/** Compiles a program at -O2 and evaluates it encrypted. */
function run(text: string, values: Record<string, number | number[]>) {
  const inputs = new Map(
    Object.entries(values).map(([name, value]) => [name, Float64Array.from([value].flat())]),
  );
  return evaluated(compiled(text, 2), inputs);
}

describe('random programs on integers modulo t', () => {
  test('give the same results at every optimization level, in the clear', async () => {
    await fc.assert(
      fc.asyncProperty(integerProgram(10), async ({ text, inputs }) => {
        const wanted = numbers(sourceOutputs(compiled(text, 0), inputs));
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

  test('give exactly the same encrypted, with at least the predicted noise budget', async () => {
    await fc.assert(
      fc.asyncProperty(integerProgram(6), async ({ text, inputs }) => {
        const compilation = compiled(text, 2);
        if (!compilation.optimized.plan) return;
        expect(await evaluated(compilation, inputs)).toEqual(
          numbers(sourceOutputs(compilation, inputs)),
        );
      }),
      seeded(25),
    );
  });
});

describe.each(['bfv', 'bgv'])('%s', (scheme) => {
  const at = (t: number, text: string) => `scheme ${scheme}(t = ${t}); ${text}`;

  test('reduces negative and large inputs, and returns representatives from 0 to t - 1', async () => {
    const text = 'input x: cipher; input v: cipher[3]; output y = -x; output w = v - x;';
    const values = { x: -1, v: [2 ** 53 - 1, -(2 ** 53 - 1), 0] };
    // 2^53 - 1 is 2^5 · (2^16)^3 - 1, and 2^16 is -1 modulo 65537.
    expect(await run(at(65_537, text), values)).toEqual({ y: [1], w: [65_505, 34, 1] });
    // 2^53 = 9007199254740992
    expect(await run(at(1000, text), values)).toEqual({ y: [1], w: [992, 10, 1] });
  });

  test('values that vanish or are in the clear need no noise budget', async () => {
    const text = `input x: cipher; input p: plain; input q: plain[3];
      output a = x - x; output b = 0*x; output c = 70000; output d = p*p; output e = 2*q;
      output f = x*(p - p);`;
    const values = { x: 5, p: -2, q: [1, 2, 70_000] };
    for (const t of [65_537, 10])
      expect(await run(at(t, text), values)).toEqual({
        a: [0],
        b: [0],
        c: [70_000 % t],
        d: [4],
        e: [2, 4, 140_000 % t],
        f: [0],
      });
  });

  test('divides by plain inputs that have an inverse modulo t', async () => {
    const text = 'input x: cipher; input p: plain; output y = x / p;';
    expect(await run(at(65_537, text), { x: 1, p: 2 })).toEqual({ y: [32_769] });
    expect(await run(at(1000, text), { x: 7, p: 3 })).toEqual({ y: [669] });
    const zero = run(at(65_537, text), { x: 1, p: 65_537 });
    await expect(zero).rejects.toThrow('division by a plain value that is zero');
    const even = run(at(1000, text), { x: 1, p: 4 });
    await expect(even).rejects.toThrow('division by 4, which has no inverse modulo 1000');
  });

  test('many instances share the slots of a ciphertext, both rows of it', async () => {
    const { plan } = compiled(at(65_537, 'input x: cipher; output y = x*x + 1;'), 2).optimized;
    if (plan?.scheme !== scheme) throw new Error('there is no plan');
    const count = plan.params.polyModulusDegree + 3;
    const instances = Array.from({ length: count }, (_, i) => ({
      inputs: new Map([['x', Float64Array.of(i)]]),
    }));
    const { outputs } = await encryptedEvaluation(plan, instances);
    const got = outputs.map((instance) => instance.get('y')?.[0]);
    expect(got).toEqual(instances.map((_, i) => (i * i + 1) % 65_537));
  });

  test('matrices compile if every number has its own ciphertext', async () => {
    const text = 'input A: cipher[2, 2]; input b: cipher[2]; output y = A @ b; output z = A.T @ A;';
    const values = { A: [1, 2, 3, 4], b: [5, 6] };
    expect(await run(at(100, text), values)).toEqual({ y: [17, 39], z: [10, 14, 14, 20] });
  });

  test('a sum of products is relinearized once', () => {
    const text = 'input x: cipher[4]; input y: cipher[4]; output z = x*y + x*x - 3*(y*y);';
    expect(compiled(at(65_537, text), 2).optimized.measures.ops).toMatchObject({
      mul: 3,
      relinearize: 1,
      rescale: 0,
    });
  });

  test('a sum of dot products is rotated and relinearized once', () => {
    const text =
      'input u: cipher[64]; input v: cipher[64]; output s = dot(u, v) + dot(v, v) + dot(u, u);';
    // 64 = 2^6 slots: 6 rotations for each sum in source form.
    const { source, optimized } = compiled(at(65_537, text), 2);
    expect(source.measures.ops).toMatchObject({ rotate: 18, relinearize: 3 });
    expect(optimized.measures.ops).toMatchObject({ rotate: 6, relinearize: 1 });
  });

  test('depth is lowered as in CKKS; there are no levels', () => {
    const { source, optimized, bound } = compiled(
      at(65_537, 'input x: cipher; output y = x^16;'),
      2,
    );
    expect([source.measures.depth, optimized.measures.depth, bound]).toEqual([15, 4, 4]);
    expect(optimized.measures.levels).toBeNull();
  });

  test('constants stay exact however large their products are', async () => {
    const text = 'input x: cipher; var h = x; for i in 0..40 { h = 1000003*h; } output y = h - 1;';
    const wanted = (7n * 1_000_003n ** 40n - 1n) % 786_433n;
    for (const level of [1, 2, 3] as const) {
      const compilation = compiled(at(786_433, text), level);
      const inputs = new Map([['x', Float64Array.of(7)]]);
      expect(await evaluated(compilation, inputs)).toEqual({ y: [Number(wanted)] });
    }
  });
});

test('a ring without slots for t is not used for vectors, unless nothing else fits', () => {
  // 40961 = 5·2^13 + 1 has slots up to N = 4096.
  const encodingOf = (text: string) => {
    const { plan } = compiled(`scheme bfv(t = 40961); input v: cipher[4]; ${text}`, 2).optimized;
    return plan?.scheme === 'bfv' ? [plan.encoding, plan.params.polyModulusDegree] : undefined;
  };
  expect(encodingOf('output y = v*v;')).toEqual(['slots', 4096]);
  expect(encodingOf('output y = v^16;')).toEqual(['coefficients', 8192]);
});
