import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import {
  computedProgramOf,
  LINEAR_ALGEBRA_ROWS,
  programOf,
} from '../support/linear-algebra-rows.ts';
import { eachSampled } from '../support/sampling.ts';

function measuresOf(text: string, level: 2 | 3 = 2) {
  const { optimized } = compile({ file: 'figures.circ', text }, { optimizationLevel: level });
  const uploads = optimized.sketch.ops.filter(({ op }) => op === 'upload').length;
  return { ...optimized.measures, slots: optimized.sketch.slots, uploads };
}

describe('a plain n×n matrix times a vector: at most 2√n + log2(slots/n) + 2 rotations', () => {
  eachSampled([[128], [512], [1024]] as const, 1)('n = %i', (n) => {
    const head = `input M: plain[${n}, ${n}] within [-1, 1]; input v: cipher[${n}] within [-1, 1];`;
    for (const [text, levels] of [
      [`${head} output y = M @ v;`, 1],
      [`${head} output y = M @ (v*v);`, 2],
    ] as const) {
      const measures = measuresOf(text);
      expect(measures.levels).toBe(levels);
      const most = 2 * Math.sqrt(n) + Math.log2(measures.slots / n) + 2;
      expect(measures.ops.rotate).toBeLessThanOrEqual(most);
    }
  });

  it('zero diagonals of a constant take no operation', () => {
    const band = Array.from({ length: 32 }, (_, i) =>
      Array.from({ length: 32 }, (_, j) => (Math.abs(i - j) <= 1 ? i + j + 1 : 0)),
    );
    const text = `const M = ${JSON.stringify(band)}; input v: cipher[32] within [-1, 1]; output y = M @ (v*v);`;
    expect(measuresOf(text).ops.rotate).toBeLessThanOrEqual(7);
  });
});

it('plain 512×784 times encrypted takes one upload', () => {
  const text =
    'input M: plain[512, 784] within [-1, 1]; input v: cipher[784] within [-1, 1]; output y = M @ v;';
  const { uploads, levels, ops } = measuresOf(text);
  expect(uploads).toBe(1);
  expect(levels).toBe(1);
  expect(ops.rotate).toBeLessThanOrEqual(2 * Math.sqrt(512) + 3);
});

it('chained products of encrypted 64×64 matrices and a vector take no mask, one level each', () => {
  const text = `input A: cipher[64, 64] within [-0.1, 0.1];
input v: cipher[64] within [-1, 1];
var x = v;
for i in 0..4 { x = A @ x; x = x*x; }
output x;
`;
  const { levels, ops } = measuresOf(text, 3);
  // Four products and four squares.
  expect(levels).toBe(8);
  expect(ops.mulPlain).toBe(0);
});

it('encrypted 64×64 times 64×64 takes one level', () => {
  const text =
    'input A: cipher[64, 64] within [-1, 1]; input B: cipher[64, 64] within [-1, 1]; output y = A @ B;';
  const { levels, ops } = measuresOf(text);
  expect(levels).toBe(1);
  // HIT: f·g·h/(m·n) = 64 times three products and 1 + 6 + 6 rotations.
  expect(ops.mul).toBeLessThanOrEqual(64);
  expect(ops.rotate).toBeLessThan(64 * 13);
});

describe('no operation takes more levels than HIT', () => {
  eachSampled(
    LINEAR_ALGEBRA_ROWS.map((row) => [row.expression, row] as const),
    6,
  )('%s', (_, row) => {
    expect(measuresOf(programOf(row)).levels).toBeLessThanOrEqual(row.hitLevels);
    // The operands are squares, which take a level.
    expect(measuresOf(computedProgramOf(row)).levels).toBeLessThanOrEqual(row.hitLevels + 1);
  });
});

it('logistic regression in source form: 4 multiplications and 8 levels a minibatch', () => {
  const text = `param k = 2;
const a = [0.5, -0.15, 0, 0.0016];
input Z: cipher[k, 64, 197] within [-1, 1];
input w0: cipher[197] within [-1, 1];
fn g(x) = a[0] + a[1]*x + a[3]*x^3;
var w = w0;
var v = w0;
for t in 0..k {
  let gamma = -(t + 1) / (t + 4);
  let next = w + 0.5/64 * (Z[t].T @ g(Z[t] @ w));
  w = (1 - gamma)*next + gamma*v;
  v = next;
}
output w;
`;
  const { source } = compile(
    { file: 'lr.circ', text },
    { optimizationLevel: 0, defines: new Map() },
  );
  expect(source.measures).toMatchObject({ levels: 16 });
  const once = compile(
    { file: 'lr.circ', text: text.replace('k = 2', 'k = 1') },
    { optimizationLevel: 0 },
  );
  expect(once.source.measures).toMatchObject({ levels: 8, ops: { mul: 4 } });
});

it('a level is spent on a mask where the sums that do without it rotate longer', () => {
  const text = `input X: cipher[12, 3] within [-1, 1];
let d = X - sum(X, 0)/12;
let a = sum(d*d, 0)/12 + 0.01;
var y = ones(3)*1.5;
for t in 0..3 { y = y*(1.5 - 0.5*a*y^2); }
output normal = d*y;
`;
  // Two sums over 16 rows, each in a window that wraps around: 4 rotations.
  expect(measuresOf(text, 3).ops.rotate).toBe(8);
});
