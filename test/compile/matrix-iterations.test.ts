import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { THOROUGH } from '../support/sampling.ts';

/** Compiles a text with the default options, but for the objective. */
function figuresOf(text: string, objective: 'time' | 'depth' = 'time') {
  const options = { aim: { objective } };
  const { optimized, bound, work } = compile({ file: 'matrix.circ', text }, options);
  const { depth, levels, ops } = optimized.measures;
  return { depth, levels: defined(levels ?? undefined), ops, bound, work, ms: optimized.ms };
}

const A = 'input A: cipher[3, 3] within [-1, 1];';

/**
 * Limit on the work of a compilation, a few seconds: the limit of the search and of its repeated
 * packing, 1,000,000 each, and as much for the levels below.
 */
const FEW_SECONDS = 3_000_000;

describe('iterations on small matrices', () => {
  // Three steps of Newton-Schulz are of degree 7, and six more products of R of degree 7: three
  // levels, and no masks, because a matrix with room for copies beside it takes none.
  it('take the levels of their degree, in little work', () => {
    const inverse = figuresOf(
      `${A} var Y = 0.5*eye(3); for t in 0..3 { Y = Y @ (2*eye(3) - A @ Y); } output Y;`,
    );
    expect(inverse).toMatchObject({ depth: 3, levels: 3, bound: 3 });
    expect(inverse.ops.mulPlain).toBe(0);
    expect(inverse.work).toBeLessThan(FEW_SECONDS);

    const series = figuresOf(
      `input A: cipher[4, 4] within [-1, 1]; let R = eye(4) - A; var P = eye(4); var S = eye(4);
      for t in 0..7 { P = P @ R; S = S + P; } output S;`,
    );
    expect(series).toMatchObject({ depth: 3, levels: 3, bound: 3 });
    expect(series.work).toBeLessThan(FEW_SECONDS);
  });

  // X'X arrives at level 1; (1 + R)(1 + R²)(1 + R⁴)(1 + R⁸) times a vector takes four more.
  it('take one level more for a computed matrix, and one for a mask', THOROUGH, () => {
    const ridge = figuresOf(
      `input X: cipher[64, 3] within [-1, 1]; input y: cipher[64] within [-2, 2];
      let G = X.T @ X / 64 + 0.1*eye(3); let b = X.T @ y / 64; var Y = 1.2*eye(3);
      for t in 0..4 { Y = Y @ (2*eye(3) - G @ Y); } output w = Y @ b;`,
    );
    expect(ridge).toMatchObject({ depth: 5, bound: 5 });
    expect(ridge.levels).toBeLessThanOrEqual(6);
  });

  // Three steps for the square root are of degree 13: four levels. Five levels with half the
  // products are faster.
  it('of two coupled matrices are at the bound', THOROUGH, () => {
    const text = `${A} var Y = A; var Z = eye(3);
      for t in 0..3 { let T = 0.5*(3*eye(3) - Z @ Y); Y = Y @ T; Z = T @ Z; }
      output Y; output Z;`;
    const lowest = figuresOf(text, 'depth');
    expect(lowest).toMatchObject({ depth: 4, levels: 4, bound: 4 });
    const fastest = figuresOf(text);
    expect(fastest.levels).toBeLessThanOrEqual(5);
    expect(defined(fastest.ms)).toBeLessThan(defined(lowest.ms));
  });
});
