import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { type Compilation, type CompileOptions, compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { defined } from '../../src/lookup.ts';
import { divide } from '../../src/packing/precompute.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { requireValidPlan } from '../../src/plan-files/validate-plan.ts';
import { evaluateInClear } from '../../src/report/deviations.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { build } from '../support/circuits.ts';
import { expectWithinPromise, inputsWithin } from '../support/encrypted.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { cases, eachSampled, SAMPLED } from '../support/sampling.ts';

const precomputed = (text: string, options: Partial<CompileOptions> = {}) =>
  compile({ file: 'p.circ', text }, { optimizationLevel: 2, client: 'precompute', ...options });

function planOf({ optimized }: Compilation): Plan {
  const choice = completePlan(optimized.sketch, { precisionBits: 20 });
  if ('refused' in choice) throw new Error(choice.refused.reason);
  return choice.plan;
}

/**
 * Returns the outputs of the plan on the slot simulator, and those of the source form in the clear.
 */
async function bothOf(compilation: Compilation, plan: Plan) {
  const inputs = inputsWithin(compilation, randomNumbers(1));
  const locationOf = () => ({ file: '' });
  const located = new Map([...inputs].map(([name, data]) => [name, { data, locationOf }]));
  const clear = evaluateInClear(compilation.source.circuit, located, compilation.checked);
  return { clear, got: (await simulate(plan, [{ inputs }])).outputs[0] };
}

async function expectSame(compilation: Compilation, text: string): Promise<void> {
  const plan = planOf(compilation);
  requireValidPlan(plan);
  const { clear, got } = await bothOf(compilation, plan);
  for (const [name, data] of clear) {
    data.forEach((x, i) => {
      const allowed = 1e-9 * Math.max(1, Math.abs(x));
      expect(
        Math.abs(defined(defined(defined(got).get(name))[i]) - x),
        `${name}[${i}] of ${text}`,
      ).toBeLessThanOrEqual(allowed);
    });
  }
}

const logisticRegression = (k: number, start: string) => `
param k = ${k};
param n = 4;
param f = 3;
const a = [0.5, -0.15012, 0, 0.001593];
input Z: cipher[k, n, f] within [-1, 1];
${start === 'w0' ? 'input w0: cipher[f] within [-1, 1];' : ''}
fn g(x) = a[0] + a[1]*x + a[3]*x^3;
var w = ${start};
var v = ${start};
for t in 0..k {
  let gamma = -(t + 1) / (t + 4);
  let next = w + 0.5/n * (Z[t].T @ g(Z[t] @ w));
  w = (1 - gamma)*next + gamma*v;
  v = next;
}
output w;
`;

describe('what the client computes', () => {
  const isComputed = (text: string) =>
    divide(build(text), { scaledUploads: true, precompute: true }).precomputed !== undefined;
  const outer = (n: number) => `input v: cipher[${n}]; output r = outer(v, v);`;
  const product = (n: number) =>
    `input A: cipher[1024, ${n}]; input B: cipher[${n}, 1024]; output r = A @ B;`;

  it('has 2^20 elements at most', () => {
    expect([isComputed(outer(1024)), isComputed(outer(1025))]).toEqual([true, false]);
  });

  it('takes 2^30 products at most', () => {
    expect([isComputed(product(1024)), isComputed(product(1025))]).toEqual([true, false]);
  });

  it('is nothing unless the client may compute, and nothing that the server adds as well', () => {
    const text = 'input x: cipher[4]; input y: cipher[4]; output r = x*y;';
    expect(isComputed(text)).toBe(true);
    expect(divide(build(text), { scaledUploads: true }).precomputed).toBeUndefined();
    expect(isComputed('input x: cipher[4]; input y: cipher[4]; output r = x + 2*y;')).toBe(false);
    expect(isComputed('input x: cipher[4]; input p: plain[4]; output r = x*p;')).toBe(false);
  });
});

describe('what the client uploads', () => {
  it('has no plain factor, which only the server knows', async () => {
    const text = `input Z: cipher[4, 3] within [-1, 1]; input p: plain within [0.5, 1]; input q: plain within [0, 1];
      let w = p * sum(Z, 0); output r = (1 - q) * (p * w) + q * (Z.T @ (Z @ w));`;
    for (const level of [2, 3] as const)
      await expectSame(precomputed(text, { optimizationLevel: level }), text);
  });

  // A minibatch takes a product with a late value and one with its square.
  eachSampled([[1], [2], [3]] as const, 1)(
    'lowers logistic regression to 2k - 2 levels from zeros, 2k from an encrypted model, k = %i',
    async (k) => {
      const aim = { objective: 'depth' } as const;
      for (const [start, levels] of [
        ['zeros(f)', 2 * k - 2],
        ['w0', 2 * k],
      ] as const) {
        const text = logisticRegression(k, start);
        const compilation = precomputed(text, { optimizationLevel: 3, aim });
        expect(compilation.optimized.measures.levels, start).toBe(levels);
        await expectSame(compilation, text);
      }
    },
  );

  it('is only a Gram matrix if that is the only output', async () => {
    const text = 'input X: cipher[5, 40] within [-1, 1]; output G = X @ X.T;';
    const compilation = precomputed(text);
    const { ops, precomputed: client } = compilation.optimized.sketch;
    expect(ops.map(({ op }) => op)).toEqual(['upload']);
    expect(client?.values).toHaveLength(1);
    expect(compilation.bound).toBe(0);
    await expectSame(compilation, text);
  });

  it.each([
    ['three factors', 'input x: cipher; output y = x*x*x;', 1],
    ['four factors', 'input x: cipher; input y: cipher; output z = x*x*y*y;', 1],
    ['nine factors', 'input x: cipher; output y = x^9;', 3],
  ])('bounds the depth by the degree in the uploads: %s', async (_, text, depth) => {
    const compilation = precomputed(text);
    expect(compilation.bound).toBe(depth);
    expect(compilation.optimized.measures.depth).toBe(depth);
    await expectSame(compilation, text);
  });

  it('contains no value that depends on a plain input, and no sum without a level', () => {
    const plain = precomputed('input x: cipher; input p: plain; output y = (p*x)*x;').optimized;
    // The client computes x², which the server multiplies by p.
    expect(plain.sketch.precomputed?.ops.map(({ kind }) => kind)).toEqual(['input', 'mul']);
    const sum = precomputed('input x: cipher; input y: cipher; output z = x + 0.3*y;').optimized;
    expect(sum.sketch.precomputed).toBeUndefined();
  });

  it('contains no products unless they are allowed', () => {
    const text = 'input x: cipher; input y: cipher; output z = x*y;';
    const { optimized } = compile({ file: 'p.circ', text }, { optimizationLevel: 3 });
    expect(optimized.sketch.precomputed).toBeUndefined();
    expect(optimized.measures.depth).toBe(1);
  });

  it.each(['bfv', 'bgv'])('contains products modulo t for %s', async (scheme) => {
    const text = `scheme ${scheme}(t = 65537); input x: cipher[3]; input y: cipher[3]; output z = (x*y - 7)*x; output s = dot(x, y);`;
    const compilation = precomputed(text);
    expect(compilation.optimized.measures.depth).toBe(1);
    await expectSame(compilation, text);
  });
});

test('random programs keep their outputs and take no more levels when the client computes', {
  ...SAMPLED,
  timeout: 240_000,
}, async () => {
  const programs = fc.oneof(randomProgram(10), randomMatrixProgram(6));
  await fc.assert(
    fc.asyncProperty(programs, async ({ text }) => {
      const compilation = precomputed(text, { verify: true });
      const encoded = compile({ file: 'p.circ', text }, { optimizationLevel: 2 });
      const [levels, before] = [compilation, encoded].map(
        ({ optimized }) => optimized.measures.levels,
      );
      expect(levels, text).toBeLessThanOrEqual(before as number);
      fc.pre('plan' in completePlan(compilation.optimized.sketch, { precisionBits: 20 }));
      await expectSame(compilation, text);
    }),
    seeded(cases(150)),
  );
});

test('encrypted results are within the promised error', async () => {
  for (const text of [logisticRegression(2, 'zeros(f)'), logisticRegression(1, 'w0')]) {
    const compilation = precomputed(text, { optimizationLevel: 3 });
    const inputs = inputsWithin(compilation, randomNumbers(1));
    await expectWithinPromise(compilation, planOf(compilation), inputs, text);
  }
}, 120_000);
