import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputArrival } from '../../src/ir/arrival.ts';
import { circuitFacts } from '../../src/ir/circuit-facts.ts';
import type { Circuit, Node } from '../../src/ir/graph.ts';
import { printCircuit } from '../../src/ir/print-circuit.ts';
import { balance } from '../../src/passes/balance.ts';
import { duplicate } from '../../src/passes/duplicate.ts';
import { fold } from '../../src/passes/fold.ts';
import { merge } from '../../src/passes/merge.ts';
import type { Pass } from '../../src/passes/pass.ts';
import {
  ADDED_PASSES,
  FACTORING_PASSES,
  FINAL_PASSES,
  PASSES,
  RECIPES,
} from '../../src/passes/pass-list.ts';
import { powers } from '../../src/passes/powers.ts';
import { release } from '../../src/passes/release.ts';
import { runPasses } from '../../src/passes/run-passes.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, optimize, quietContext } from '../support/circuits.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';
import { seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

/** Fails if a pass has changed the polynomials. */
function expectSame(what: string, before: Circuit, after: Circuit): void {
  const result = compareCircuits(before, after, { points: 1, seed: what });
  expect(result, what).toMatchObject({ equal: true });
}

describe('random programs on matrices', () => {
  it.each(PASSES.map((pass) => [pass.name, pass] as const))(
    '%s keeps the polynomials',
    SAMPLED,
    (_, pass) => {
      fc.assert(
        fc.property(randomMatrixProgram(), ({ text }) => {
          expectSame(text, build(text), optimize(text, pass));
        }),
        seeded(cases(60, 15)),
      );
    },
  );

  const upToTwo = [...ADDED_PASSES[1], ...ADDED_PASSES[2]];
  const orders = [upToTwo, FACTORING_PASSES].flatMap((start) =>
    RECIPES.map(({ prepare, meetGoal }) => [...start, ...prepare, ...meetGoal, ...FINAL_PASSES]),
  );
  it.each(orders.map((passes, i) => [i, passes] as const))(
    'order %i of passes keeps the polynomials after each pass, and no output gets later',
    (_, passes: readonly Pass[]) => {
      fc.assert(
        fc.property(randomMatrixProgram(), ({ text }) => {
          const source = build(text);
          const { circuit } = runPasses(source, passes, quietContext(), {
            afterEach: (pass, before, after) =>
              expectSame(`${pass.name} on ${text}`, before, after),
          });
          const [was, is] = [source, circuit].map((c) => outputArrival(c, quietContext()).level);
          expect(is, text).toBeLessThanOrEqual(was as number);
        }),
        seeded(60),
      );
    },
  );
});

const MATRICES = `input A: cipher[4, 4]; input B: cipher[4, 4]; input C: cipher[4, 4]; input D: cipher[4, 4];
  input R: cipher[3, 8]; input v: cipher[4]; input x: cipher;\n`;

/**
 * Returns the circuit that passes turn a text into, printed without inputs, and the arrival level
 * of its outputs.
 */
function optimized(
  text: string,
  ...passes: readonly Pass[]
): readonly [printed: string, level: number] {
  const circuit = optimize(MATRICES + text, merge, fold, ...passes);
  expectSame(text, build(MATRICES + text), circuit);
  const lines = printCircuit(circuit).split('\n');
  const printed = lines.filter((line) => line !== '' && !line.startsWith('input')).join('\n');
  return [printed, outputArrival(circuit, quietContext()).level];
}

describe('products over named axes', () => {
  it('are multiplied from the vector on, where that is as early', () => {
    // 2·4² scalar products, not 4³ + 4².
    expect(optimized('output r = A @ B @ v;', balance)).toEqual([
      '%0 = B[i,j] * v[j] : [4]\n%1 = A[i,j] * %0[j] : [4]\noutput r = %1',
      2,
    ]);
  });

  it('multiply matrices first if the vector is late', () => {
    // v⁴ arrives at level 2: (A·B)·v⁴ is available at level 3, A·(B·v⁴) only at 4.
    expect(optimized('output r = A @ (B @ v^4);', powers, balance)).toEqual([
      '%0 = v * v : [4]\n%1 = %0 * %0 : [4]\n%2 = A[i,k] * B[k,j] : [4, 4]\n%3 = %1[j] * %2[i,j] : [4]\noutput r = %3',
      3,
    ]);
  });

  it('are available at ⌈log2⌉ of their number', () => {
    expect(optimized('output r = A @ B @ C @ D;', balance)[1]).toBe(2);
    expect(optimized('output r = A @ (B @ (C @ v));', balance)[1]).toBe(2);
    expect(optimized(`output r = ${new Array(9).fill('A').join(' @ ')};`, balance)[1]).toBe(4);
  });

  it('are multiplied in the cheapest order of the same level', () => {
    // R is 3 × 8: (R·Rᵀ) first takes 72 products and 9 more, Rᵀ·y and R·(…) 24 and 24.
    expect(optimized('input y: cipher[3]; output r = R @ R.T @ y;', balance)[0]).toBe(
      '%0 = R[j,i] * y[j] : [8]\n%1 = R[i,j] * %0[j] : [3]\noutput r = %1',
    );
  });

  it('read transposes as other labels, also those of computed values', () => {
    expect(optimized('output r = (A @ B).T @ C.T;', balance)).toEqual([
      '%0 = A[i,k] * B[k,j] : [4, 4]\n%1 = C[j,k] * %0[k,i] : [4, 4]\noutput r = %1',
      2,
    ]);
  });

  it('sum an axis of a single factor before they multiply, one of two factors as they multiply', () => {
    expect(optimized('output r = B @ (sum(A, 1) * v);', balance)[0]).toContain(
      '= sum A over 1 : [4]',
    );
    expect(optimized('output r = sum(A * B, 1) * v;', balance)[0]).toBe(
      '%0 = A[i,j] * B[i,j] : [4]\n%1 = v * %0 : [4]\noutput r = %1',
    );
  });

  it('keep a matrix product that has other users', () => {
    expect(optimized('let g = A.T @ A; output r = g @ v; output s = g;', balance)[0]).toBe(
      '%0 = A[k,i] * A[k,j] : [4, 4]\n%1 = v[j] * %0[i,j] : [4]\noutput r = %1\noutput s = %0',
    );
  });

  it('share no axis between the factors of a power', () => {
    expect(optimized('output r = (A @ v)^2;', powers, balance)[0]).toBe(
      '%0 = A[i,j] * v[j] : [4]\n%1 = %0 * %0 : [4]\noutput r = %1',
    );
  });

  it('put a constant into an upload', () => {
    expect(optimized('output r = 0.5*(A @ (B @ v));', balance)[1]).toBe(2);
  });

  it('build no outer product of a vector with one that is summed later', () => {
    // (v·vᵀ)·w, with 16 numbers in v·vᵀ, would be a level earlier than v·(v·w).
    const text = 'let w = (v + x*v)^4 + v; output r = v * dot(w, v);';
    const [printed, level] = optimized(text, powers, balance);
    expect(printed).not.toContain('[4, 4]');
    expect(level).toBe(5);
  });

  it('distribute over late sums', () => {
    // A·(v + B·v²) waits for B·v² at level 2; A·v + (A·B)·v² is available then.
    const text = 'let s = v + B @ (v^2); output r = A @ s;';
    expect(optimized(text, powers, balance)[1]).toBe(3);
    expect(optimized(text, powers, balance, duplicate)).toEqual([
      '%0 = v * v : [4]\n%1 = A[i,j] * v[j] : [4]\n%2 = A[i,k] * B[k,j] : [4, 4]\n%3 = %0[j] * %2[i,j] : [4]\n%4 = %1 + %3 : [4]\noutput r = %4',
      2,
    ]);
  });

  it('multiply the outer matrix into a polynomial: 2 levels after its argument', () => {
    const text = 'let y = v^4; output r = A @ (0.5*y + 0.25*y^3);';
    expect(optimized(text, powers, merge, balance, duplicate)[1]).toBe(4);
  });

  it('distribute nothing over early sums', () => {
    const text = 'output r = (A + B) @ (v + x*v);';
    expect(optimized(text, merge, duplicate)[0]).toBe(optimized(text, merge)[0]);
  });
});

/** Logistic regression by Nesterov's method on k minibatches. */
function nesterov(k: number, n: number, f: number, start: 'encrypted' | 'zero'): string {
  const w0 = start === 'zero' ? `zeros(${f})` : 'w0';
  return `const a = [0.5, -0.15012, 0, 0.001593];
    input Z: cipher[${k}, ${n}, ${f}] within [-1, 1]; input w0: cipher[${f}] within [-1, 1];
    fn g(x) = a[0] + a[1]*x + a[3]*x^3;
    var w = ${w0}; var v = ${w0};
    for t in 0..${k} {
      let gamma = -(t + 1) / (t + 4);
      let next = w + 0.5/${n} * (Z[t].T @ g(Z[t] @ w));
      w = (1 - gamma)*next + gamma*v;
      v = next;
    }
    output w;`;
}

/** Returns the circuits of the recipes of -O3. */
function byRecipes(text: string, block?: number): readonly Circuit[] {
  const context = quietContext();
  const source = build(text, block);
  const starts = [[...ADDED_PASSES[1], ...ADDED_PASSES[2]], FACTORING_PASSES];
  return starts.flatMap((start) =>
    RECIPES.map(
      ({ prepare, meetGoal }) =>
        runPasses(source, [...start, ...prepare, ...meetGoal, release], context).circuit,
    ),
  );
}

const fewest = (numbers: readonly number[]) => Math.min(...numbers);

describe('minibatches', () => {
  it.each([1, 2, 3, 4, 5, 6])('%i take 2 levels each and one', (k) => {
    const source = build(nesterov(k, 3, 2, 'encrypted'));
    // As written, a minibatch takes 4 multiplications and 3 constant factors.
    expect(outputArrival(source, quietContext())).toEqual({ level: 7 * k, depth: 4 * k });
    const circuits = byRecipes(nesterov(k, 3, 2, 'encrypted'));
    for (const circuit of circuits) {
      expectSame(`${k} minibatches`, source, circuit);
      expect(outputArrival(circuit, quietContext()).level).toBeLessThanOrEqual(2 * k + 1);
    }
    // Limit: 15 instead of 4, for Z'·Zᵀ and for the terms of w and of Z'·w.
    expect(fewest(circuits.map((circuit) => circuitFacts(circuit).muls))).toBeLessThanOrEqual(
      15 * k,
    );
  });

  it.each([1, 2, 3, 4, 5, 6])('%i take 2 levels each from weights of zero', (k) => {
    const circuits = byRecipes(nesterov(k, 3, 2, 'zero'));
    const levels = circuits.map((circuit) => outputArrival(circuit, quietContext()).level);
    expect(fewest(levels)).toBeLessThanOrEqual(2 * k);
  });

  it.each([1, 2, 3, 4, 5, 6])('%i, in blocks of two, take 2.5 levels each', (k) => {
    const circuits = byRecipes(nesterov(k, 3, 2, 'encrypted'), 2);
    const levels = circuits.map((circuit) => outputArrival(circuit, quietContext()).level);
    expect(fewest(levels)).toBe(Math.ceil(2.5 * k));
  });

  it('multiply no two matrices more than once', () => {
    // Five pairs of neighbours, and one that is also needed scaled at an early level.
    const isMatrixProduct = ({ op, shape }: Node) =>
      op.kind === 'mul' &&
      shape.join() === '3,3' &&
      op.lhs.length + op.rhs.length === 4 &&
      op.lhs.join() !== op.rhs.join();
    const counts = byRecipes(nesterov(6, 3, 2, 'encrypted')).map(
      ({ nodes }) => nodes.filter(isMatrixProduct).length,
    );
    expect(fewest(counts)).toBeLessThanOrEqual(6);
  });
});
