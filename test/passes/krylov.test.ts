import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputArrival } from '../../src/ir/arrival.ts';
import { circuitFacts } from '../../src/ir/circuit-facts.ts';
import { fold } from '../../src/passes/fold.ts';
import { krylov } from '../../src/passes/krylov.ts';
import { merge } from '../../src/passes/merge.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, optimize, quietContext } from '../support/circuits.ts';
import { seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

/** Returns the depth and the multiplications of a program after the pass, which keeps it equal. */
function costOf(text: string) {
  const circuit = optimize(text, merge, fold, krylov, fold);
  expect(compareCircuits(build(text), circuit, { points: 1, seed: text }), text).toMatchObject({
    equal: true,
  });
  return { ...outputArrival(circuit, quietContext()), muls: circuitFacts(circuit).muls };
}

describe('powers of a matrix', () => {
  const INPUTS = 'input R: cipher[3, 3]; input b: cipher[3];';

  // Σ R^j·b for j < 2^k: squares R², R⁴, … R^(2^(k−1)), and a product with a vector for each factor
  // 1 + R^(2^i), which follow each other: k levels, k − 1 + k products.
  it.each([
    [3, 2, 3],
    [7, 3, 5],
    [15, 4, 7],
  ])("%i steps of Horner's rule on vectors", (steps, depth, muls) => {
    for (const step of ['R @ x', 'x @ R']) {
      const loop = `var x = b; for t in 0..${steps} { x = b + ${step}; } output x;`;
      expect(costOf(INPUTS + loop)).toMatchObject({ depth, muls });
    }
  });

  // The same as a matrix: the first factor 1 + R is a sum, so there are k − 1 squares and as many
  // products.
  it.each([
    [3, 2, 2],
    [7, 3, 4],
    [15, 4, 6],
  ])('%i terms of a series of powers', (terms, depth, muls) => {
    const loop = `var P = eye(3); var S = eye(3); for t in 0..${terms} { P = P @ R; S = S + P; } output S;`;
    expect(costOf(INPUTS + loop)).toMatchObject({ depth, muls });
  });

  // Newton-Schulz from c·1 is c·Σ (1 − c·A)^j for j < 2^steps, whichever way it is written, and
  // whatever multiple of the identity A is shifted by.
  it.each(['A', '(A + 0.1*eye(3))', '(0.5*eye(3) - A)'])('Newton-Schulz for %s', (matrix) => {
    const text = `input A: cipher[3, 3]; input b: cipher[3]; let M = ${matrix}; var Y = 0.75*eye(3);`;
    for (const step of ['Y @ (2*eye(3) - M @ Y)', '2*Y - Y @ M @ Y']) {
      const loop = `${text} for t in 0..3 { Y = ${step}; }`;
      expect(costOf(`${loop} output y = Y @ b;`)).toMatchObject({ depth: 3, muls: 5 });
      expect(costOf(`${loop} output Y;`)).toMatchObject({ depth: 3, muls: 4 });
    }
  });

  it('leaves values that would grow too much', () => {
    // 40 binomial coefficients up to 10^11 cancel in (1 − R)^40.
    const loop = 'var x = b; for t in 0..40 { x = x - R @ x; } output x;';
    expect(costOf(INPUTS + loop)).toMatchObject({ depth: 6 });
  });

  it('keeps random iterations equal', SAMPLED, () => {
    const number = fc.constantFrom('0.5', '-1', '2', '0.3', '1');
    const step = fc.constantFrom(
      'x = c*x + d*(R @ x) + b;',
      'x = b - c*(x @ R);',
      'x = (c*eye(3) + d*R) @ x + 0.5*v;',
      'Y = c*Y + d*(Y @ R);',
      'Y = Y @ (c*eye(3) - R @ Y);',
      'x = Y @ x; Y = d*eye(3) - Y;',
      'Y = (R @ Y).T; x = R @ (R @ x) + v;',
    );
    const property = fc.property(
      fc.array(fc.tuple(step, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 3 }),
      number,
      number,
      (steps, c, d) => {
        const body = steps.map(([text, n]) => `for t in 0..${n} { ${text} }`).join(' ');
        const text = `${INPUTS} input v: cipher[3]; const c = ${c}; const d = ${d};
          var x = b; var Y = c*eye(3); ${body} output x; output Y; output z = Y @ v;`;
        costOf(text);
      },
    );
    fc.assert(property, seeded(cases(60, 20)));
  });
});
