import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { prepareInClear } from '../../src/packing/prepare.ts';
import { requireValidPlan } from '../../src/plan-files/validate-plan.ts';
import { evaluateInClear } from '../../src/report/deviations.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { build } from '../support/circuits.ts';
import { inputsWithin } from '../support/encrypted.ts';
import { seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const preparedOps = (text: string) =>
  prepareInClear(build(text)).prepared?.ops.map(({ kind }) => kind) ?? [];
const inputs = 'input P: plain[4, 4]; input q: plain[4]; input x: cipher[4];';

describe('what the server prepares', () => {
  it('is what sums or moves plain elements, and what is computed from that', () => {
    expect(preparedOps(`${inputs} output r = (P @ P - P) @ x;`)).toEqual(['input', 'mul', 'sub']);
    expect(preparedOps(`${inputs} output r = rotate(q, 1)*x;`)).toEqual(['input', 'rotate']);
    expect(preparedOps(`${inputs} output r = dot(q, q)*x;`)).toEqual(['input', 'mul']);
  });

  it('is nothing that slots compute as well, and nothing with a quotient', () => {
    expect(preparedOps(`${inputs} output r = (q*q)*x;`)).toEqual([]);
    expect(preparedOps(`${inputs} output r = P[1, ..]*x;`)).toEqual([]);
    expect(preparedOps(`${inputs} output r = sum(q)*x/(q + 2);`)).toEqual(['input', 'sum']);
    expect(preparedOps(`${inputs} output r = x/sum(q);`)).toEqual(['input', 'sum']);
  });

  it('has 2^20 elements at most', () => {
    const outer = (n: number) =>
      preparedOps(`input p: plain[${n}]; input x: cipher; output r = x*outer(rotate(p, 1), p);`);
    expect([outer(1024), outer(1025)]).toEqual([
      ['input', 'rotate', 'mul'],
      ['input', 'rotate'],
    ]);
  });
});

/** An expression of plain values of one shape. */
const plainMatrix: fc.Arbitrary<string> = fc.letrec<{ matrix: string }>((tie) => ({
  matrix: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('P', 'Q', 'P.T'),
    fc.tuple(tie('matrix'), tie('matrix')).map(([a, b]) => `((${a}) @ (${b}))`),
    fc.tuple(tie('matrix'), tie('matrix')).map(([a, b]) => `((${a}) - 0.5*(${b}))`),
    fc.tuple(tie('matrix'), tie('matrix')).map(([a, b]) => `((${a})*(${b}))`),
    tie('matrix').map((a) => `concat((${a})[1..], (${a})[..1])`),
    tie('matrix').map((a) => `(${a})^2`),
  ),
})).matrix;

it('plans with prepared values compute what the program says', SAMPLED, async () => {
  await fc.assert(
    fc.asyncProperty(plainMatrix, plainMatrix, async (a, b) => {
      const text = `
        input P: plain[3, 3] within [-1, 1]; input Q: plain[3, 3] within [-1, 1];
        input x: cipher[3]; input Y: cipher[3, 3];
        output r = (${a}) @ (x*x); output s = (${b})*Y; output t = sum(${a})*x[0];`;
      const compilation = compile({ file: 'p.circ', text }, { optimizationLevel: 2 });
      const plan = defined(compilation.optimized.plan);
      requireValidPlan(plan);
      const data = inputsWithin(compilation, randomNumbers(1));
      const locationOf = () => ({ file: '' });
      const located = new Map([...data].map(([name, own]) => [name, { data: own, locationOf }]));
      const clear = evaluateInClear(compilation.source.circuit, located, compilation.checked);
      const got = defined((await simulate(plan, [{ inputs: data }])).outputs[0]);
      for (const [name, numbers] of clear)
        numbers.forEach((x, i) => {
          const error = Math.abs(defined(defined(got.get(name))[i]) - x);
          expect(error, `${name}[${i}] of ${text}`).toBeLessThanOrEqual(
            1e-9 * Math.max(1, Math.abs(x)),
          );
        });
    }),
    seeded(cases(40)),
  );
});
