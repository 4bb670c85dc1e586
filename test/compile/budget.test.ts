import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/check-program.ts';
import { type CompileOptions, compile } from '../../src/compile/compile.ts';
import { compileStages } from '../../src/compile/compile-stages.ts';
import { hasCode } from '../../src/errors/shoal-error.ts';
import { findingsOf, reportToJson } from '../../src/report/circuit-report.ts';
import { THOROUGH } from '../support/sampling.ts';

/** The budget counts operations, never a clock, and bounds the whole compilation. */

const compiled = (text: string, options: Partial<CompileOptions> = {}) =>
  compile({ file: 'budget.circ', text }, { optimizationLevel: 3, ...options });

/** Returns the message of a refusal. */
function refusal(text: string, options: Partial<CompileOptions> = {}): string {
  try {
    compiled(text, options);
  } catch (error) {
    if (hasCode(error, 'too-large')) return error.message;
    throw error;
  }
  return 'compiled';
}

/**
 * Returns the smallest budget for which -O2 compiles: that of the passes and packings. Choosing the
 * parameters of all compared circuits takes more, and is left out where it must be.
 */
function leastBudget(text: string, enough: number): number {
  let [refused, most] = [0, enough];
  while (most - refused > 1) {
    const budget = Math.floor((refused + most) / 2);
    if (refusal(text, { optimizationLevel: 2, budget }) === 'compiled') most = budget;
    else refused = budget;
  }
  return most;
}

const newton = `input a: cipher within [0.5, 1];
var y = 1.5;
for i in 0..6 { y = y * (2 - a * y); }
output y;
`;
const matrices = `input A: cipher[6, 6] within [-1, 1];
input v: cipher[6] within [-1, 1];
output y = A @ (A @ v);
`;

describe('the budget', () => {
  test.each([newton, matrices])('gives the same work and plan again, with any jobs', (text) => {
    const [one, again, many] = [compiled(text), compiled(text), compiled(text, { jobs: 8 })];
    expect([again.work, again.optimized.plan]).toEqual([one.work, one.optimized.plan]);
    expect([many.work, many.optimized.plan]).toEqual([one.work, one.optimized.plan]);
    expect(one.optimized.plan).toBeDefined();
  });

  test.each([newton, matrices])('of all work is enough, and of less ends the search', (text) => {
    const whole = compiled(text);
    expect(whole.stopped).toBe('nothing better was found');
    const same = compiled(text, { budget: whole.work });
    expect(same.optimized.plan).toEqual(whole.optimized.plan);
    const { work } = compiled(text, { optimizationLevel: 2 });
    const short = compiled(text, { budget: 2 * work });
    expect(short.stopped).toBe('the budget was used up');
    expect(short.work).toBeLessThan(whole.work);
    expect(short.optimized.plan).toBeDefined();
  });

  test('is too small for the passes of every level', () => {
    const least = leastBudget(newton, compiled(newton, { optimizationLevel: 2 }).work);
    for (const optimizationLevel of [2, 3] as const)
      expect(refusal(newton, { optimizationLevel, budget: least - 1 })).toMatch(
        /^compiling examines more than \d+ operations \(.*pass 'polynomials' \d+ %.*\): write fewer/,
      );
    expect(refusal(newton, { optimizationLevel: 2, budget: least })).toBe('compiled');
  });

  test('refuses tensors of millions of numbers at once', () => {
    const vector = 'input v: cipher[16000000] within [-1, 1];\noutput s = sum(v);\n';
    const outer = 'input u: cipher[4096];\ninput v: cipher[4096];\noutput o = outer(u, v);\n';
    const hessian = `input Z: cipher[1000, 4096] within [-1, 1];
let bound = Z.T @ (Z @ ones(4096)) / 4000;
var w = zeros(4096);
for t in 0..2 { w = w + bound * (Z.T @ (0.5 - 0.25 * (Z @ w))); }
output w;
`;
    for (const text of [vector, outer, hessian])
      expect(refusal(text)).toMatch(/\(numbers of tensors 100 %\)/);
    // Within a larger budget they would be compiled.
    expect(refusal(outer, { budget: 1e8, optimizationLevel: 0 })).toBe('compiled');
  });
});

test('the budget also bounds cutting a program into stages', () => {
  const text = `param n = 1024;
input x: cipher[n] within [-1, 1];
var p = x[0];
for i in 1..n { p = p * x[i]; }
output p;
`;
  const checked = check({ file: 'chain.circ', text });
  // Each trial cuts the whole program of 1,025 statements, which counts 16 operations for each.
  const stages = () => compileStages(checked, { optimizationLevel: 0, budget: 20_000 });
  expect(stages).toThrow(/^compiling examines more than 20000 operations \(cutting into stages/);
});

describe('programs that took more than 40 s', () => {
  const report = (text: string) => reportToJson(findingsOf(compiled(text)));

  test('x^1000000 has depth 20', THOROUGH, () => {
    const text = 'input x: cipher within [-1, 1];\noutput y = x^1000000;\n';
    const { source, optimized, params, paramsReason, bound } = report(text);
    expect(source).toMatchObject({ depth: 999_999, ops: { mul: 999_999 } });
    // 1,000,000 = 11110100001001000000 in binary: 19 squarings and 6 products.
    expect(optimized).toMatchObject({ depth: 20, levels: 20, ops: { mul: 25 } });
    expect([bound, params]).toEqual([20, null]);
    expect(paramsReason).toMatch(/^20 levels are needed, 12 are available/);
  });

  test('a recurrence of 65,536 steps', THOROUGH, () => {
    const text = `input x: cipher within [-1, 1];
var a = 1;
var b = x;
for i in 0..65536 {
  let c = 2*x*b - a;
  a = b;
  b = c;
}
output b;
`;
    const { source, optimized, params, paramsReason, stopped } = report(text);
    expect([source.depth, source.ops.mul]).toEqual([65_536, 65_536]);
    expect(optimized.depth).toBeLessThanOrEqual(65_536);
    expect([params, stopped]).toEqual([null, 'the limit for a program of this size was reached']);
    expect(paramsReason).toMatch(/levels are needed, 20 are available at 128-bit security$/);
  });

  test('a sum of 100,000 terms', THOROUGH, () => {
    const text = `input v: cipher[100000] within [-1, 1];
var s = 0;
for i in 0..100000 { s = s + v[i]; }
output s;
`;
    const { optimized, params } = report(text);
    expect([optimized.depth, optimized.ops.add]).toEqual([0, 99_999]);
    expect(params).toMatchObject({ polyModulusDegree: 4096 });
  });
});
