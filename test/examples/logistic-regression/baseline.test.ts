import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile } from '../../../src/compile/compile.ts';
import { fromDecimal } from '../../../src/tensor/exact.ts';
import { compareCircuits } from '../../../src/verify/equivalence.ts';

const textOf = (name: string): string =>
  readFileSync(`circuits/logistic-regression/${name}.circ`, 'utf8');

function compiled(text: string, params: Readonly<Record<string, number>>) {
  const defines = new Map(Object.entries(params).map(([name, x]) => [name, fromDecimal(`${x}`)]));
  const options = { optimizationLevel: 1, aim: { objective: 'depth' }, defines } as const;
  return compile({ file: 'baseline.circ', text }, options);
}

/**
 * Returns the baseline with the inputs and the output of nesterov.circ: rows of f numbers are
 * padded with zeros.
 */
function withTensors(): string {
  const inputs = `input Z: cipher[k, n, f] within [-1, 1];
input w0: cipher[f] within [-1, 1];
fn filled(row) = concat(row, zeros(columns))[0..columns];
fn rows(M) {
  var v = filled(M[0]);
  for i in 1..n { v = concat(v, filled(M[i])); }
  return v;
}
fn copies(u) {
  var v = filled(u);
  for i in 1..n { v = concat(v, filled(u)); }
  return v;
}
`;
  return textOf('baseline')
    .replace('param columns', 'param f = 3;\nparam columns')
    .replace(/input Z.*;\ninput w0.*;\n/, inputs)
    .replaceAll('Z[t]', 'rows(Z[t])')
    .replace('start * w0', 'start * copies(w0)')
    .replace('output w;', 'output w = w[0..f];');
}

test.each([
  { k: 1, n: 2, f: 2, columns: 2 },
  { k: 2, n: 4, f: 3, columns: 4 },
  { k: 3, n: 2, f: 5, columns: 8 },
])('computes the polynomial of nesterov.circ: %j', ({ columns, ...sizes }) => {
  const written = compiled(textOf('nesterov'), sizes).source.circuit;
  const inSlots = compiled(withTensors(), { ...sizes, columns }).source.circuit;
  const options = { points: 3, seed: 'baseline' };
  expect(compareCircuits(written, inSlots, options)).toMatchObject({ equal: true });
  // The comparison must fail for another step size.
  const other = compiled(withTensors(), { ...sizes, columns, step: 0.25 }).source.circuit;
  expect(compareCircuits(written, other, options)).toMatchObject({ equal: false });
});

test('needs 5 levels, 4 products and 2 log2(columns) + log2(n) rotations a minibatch', () => {
  for (const k of [1, 2, 3, 4, 5, 6]) {
    const { optimized } = compiled(textOf('baseline'), { k, n: 8, columns: 16 });
    const { levels, ops } = optimized.measures;
    const { log2 } = Math;
    expect(levels).toBe(5 * k);
    expect(ops.mul).toBe(4 * k);
    expect(ops.relinearize).toBe(4 * k);
    expect(ops.rotate).toBe(k * (2 * log2(16) + log2(8)));
    // One is the mask; the others scale w and v, off the critical path.
    expect(ops.mulPlain).toBeLessThanOrEqual(3 * k);
  }
});
