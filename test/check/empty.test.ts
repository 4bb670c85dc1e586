import { describe, expect, test } from 'vitest';
import { diagnostics, type Nested, run, types } from './support.ts';

const prelude =
  'input x: cipher; input p: plain; input v: cipher[3]; input M: cipher[2, 3]; input q: plain[3];';
const codes = (body: string): readonly string[] =>
  diagnostics(`${prelude} ${body} output last = x;`).map(({ code }) => code);

/** NumPy's values; x = p = 1, v = q = [1, 2, 3], M = [[1, 2, 3], [4, 5, 6]]. */
const CASES: readonly (readonly [expression: string, value: Nested])[] = [
  ['sum(zeros(0))', 0],
  ['sum(v[2..2])', 0],
  ['sum(v[3..])', 0],
  ['sum(q[..0], 0)', 0],
  ['sum(zeros(3, 0), 1)', [0, 0, 0]],
  ['sum(sum(zeros(3, 0), 0))', 0],
  ['len(v[1..1])', 0],
  ['len(zeros(0, 3))', 0],
  ['shape(zeros(0, 3), 1)', 3],
  ['shape(M[.., 3..], 1)', 0],
  ['shape(M[2..].T, 0)', 3],
  ['len(zeros(0, 3)[.., 1])', 0],
  ['len(v[..0..2])', 0],
  // Elementwise
  ['len(x * zeros(0) + p)', 0],
  ['len(v[..0] / q[..0] - 1)', 0],
  ['len(-zeros(0)^2)', 0],
  ['len(zeros(0) + zeros(1))', 0],
  ['len(zeros(0, 1) * M[..1])', 0],
  ['shape(zeros(0, 1) + zeros(3), 1)', 3],
  ['sum(v[..0] == 1)', 0],
  ['sum(not zeros(0))', 0],
  ['sum(zeros(0) and [3])', 0],
  ['sum(zeros(0) % 2)', 0],
  ['sum(sqrt(zeros(0)))', 0],
  ['len(min(zeros(0), 1))', 0],
  // Products
  ['zeros(0) @ zeros(0)', 0],
  ['dot(v[..0], q[3..])', 0],
  ['M[.., ..0] @ zeros(0)', [0, 0]],
  ['zeros(0) @ zeros(0, 2)', [0, 0]],
  [
    'M[.., 3..] @ zeros(0, 2)',
    [
      [0, 0],
      [0, 0],
    ],
  ],
  ['sum(zeros(0, 3) @ v)', 0],
  [
    'ones(1, 2, 0) @ ones(3, 0, 1)',
    [
      [[0], [0]],
      [[0], [0]],
      [[0], [0]],
    ],
  ],
  ['len(outer(v, zeros(0)))', 3],
  ['len(kron(zeros(0), v))', 0],
  // Joins
  ['concat(zeros(0), v)', [1, 2, 3]],
  ['concat(v, v[1..1], [x])', [1, 2, 3, 1]],
  ['concat(zeros(0, 3), M[1..])', [[4, 5, 6]]],
  ['len(concat(zeros(0), v[..0]))', 0],
  ['shape([zeros(0), v[..0]], 0)', 2],
  // Functions
  ['poly(x, zeros(0))', 0],
  ['len(poly(v[..0], [1, 2]))', 0],
  ['len(rotate(v[..0], 5))', 0],
  ['shape(reshape(zeros(0), 0, 4), 1)', 4],
  ['len(reshape(zeros(0, 2), -1))', 0],
  ['len(flatten(zeros(2, 0)))', 0],
  ['shape(transpose(zeros(2, 0, 3), 2, 0, 1), 0)', 3],
  ['len(mean(zeros(0, 3), 1))', 0],
  ['trace(zeros(0, 2))', 0],
  ['len(diag(zeros(0)))', 0],
  ['len(diag(zeros(2, 0)))', 0],
  ['len(cumsum(v[..0]))', 0],
  ['len(eye(0))', 0],
  ['conv2d(zeros(0, 2, 2), zeros(1, 0, 2, 1))', [[[0, 0]]]],
  ['len(conv2d(ones(2, 2, 2), zeros(0, 2, 1, 1)))', 0],
  ['len(avgpool(zeros(0, 2, 2), 2))', 0],
];

test.each(CASES)('%s', (expression, expected) => {
  expect(run(`${prelude} output y = ${expression};`).y).toEqual(expected);
});

describe('empty values', () => {
  test('start a vector that a loop appends to', () => {
    const body = 'var r = zeros(0); for i in 0..3 { r = concat(r, [i*x]); } output y = r;';
    expect(run(`${prelude} ${body}`).y).toEqual([0, 1, 2]);
    expect(types(`${prelude} ${body}`).y).toBe('cipher[3]');
  });

  test('have no parts to assign, and no rows to loop over', () => {
    const body =
      'var r = v; r[1..1] = zeros(0); r[3..] = x; for i in 0..len(zeros(0)) { r = 1 / 0; } output y = r;';
    expect(run(`${prelude} ${body}`).y).toEqual([1, 2, 3]);
    const empty =
      'var r = zeros(0); r[..] = 3; r += x; let [a, b] = zeros(2, 0); output y = len(r) + sum(a) + sum(b);';
    expect(run(`${prelude} ${empty}`).y).toBe(0);
  });

  test('are constants, whatever they were part of', () => {
    expect(
      types(`${prelude} output y = sum(v[..0]) + 1; output z = M[.., ..0] @ zeros(0);`),
    ).toEqual({ y: 'const', z: 'const[2]' });
  });

  test('are no outputs', () => {
    for (const output of ['zeros(0)', 'v[3..]', 'M[.., 1..1]', '[zeros(0)]', 'eye(0)'])
      expect(codes(`output y = ${output};`)).toEqual(['bad-extent']);
    expect(codes('var r = v[..0]; output r;')).toEqual(['bad-extent']);
  });

  test('have no mean, no smallest element, and no element at 0', () => {
    expect(codes('let a = mean(zeros(0));')).toEqual(['division-by-zero']);
    expect(codes('let a = mean(zeros(0, 3), 0);')).toEqual(['division-by-zero']);
    expect(codes('let a = max(zeros(0));')).toEqual(['not-a-number']);
    expect(codes('let a = v[..0][0];')).toEqual(['index-out-of-range']);
    expect(codes('let a = zeros(0) * v;')).toEqual(['shape-mismatch']);
    expect(codes('let a = avgpool(zeros(0, 0), 1);')).toEqual(['shape-mismatch']);
    expect(codes('let [a] = zeros(0);')).toEqual(['shape-mismatch']);
  });
});
