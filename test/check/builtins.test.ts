import { expect, test } from 'vitest';
import { BUILTINS } from '../../src/check/builtins.ts';
import { expectNoComplaints } from '../support/complaints.ts';
import { diagnostics, type Nested, run, types } from './support.ts';

const prelude =
  'input x: cipher; input v: cipher[3]; input M: cipher[2, 3]; input Z: cipher[2, 2, 2]; input p: plain;';
const value = (expression: string) => run(`${prelude} output y = ${expression};`).y;
const type = (expression: string) => types(`${prelude} output y = ${expression};`).y;
/** A value of constants alone. */
const constant = (expression: string) => run(`output y = ${expression};`).y;

// x = p = 1, v = [1, 2, 3], M = [[1, 2, 3], [4, 5, 6]], Z = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]].
const ON_VALUES: readonly (readonly [call: string, value: Nested, type: string])[] = [
  ['sum(x)', 1, 'cipher'],
  ['sum(v)', 6, 'cipher'],
  ['sum(M)', 21, 'cipher'],
  ['sum(Z)', 36, 'cipher'],
  ['sum(v, 0)', 6, 'cipher'],
  ['sum(M, 0)', [5, 7, 9], 'cipher[3]'],
  ['sum(M, 1)', [6, 15], 'cipher[2]'],
  [
    'sum(Z, 0)',
    [
      [6, 8],
      [10, 12],
    ],
    'cipher[2, 2]',
  ],
  [
    'sum(Z, 1)',
    [
      [4, 6],
      [12, 14],
    ],
    'cipher[2, 2]',
  ],
  [
    'sum(Z, 2)',
    [
      [3, 7],
      [11, 15],
    ],
    'cipher[2, 2]',
  ],
  ['sum(M, 2 - 1)', [6, 15], 'cipher[2]'],
  ['sum([7])', 7, 'const'],
  ['dot(v, v)', 14, 'cipher'],
  [
    'outer([1, 2], v)',
    [
      [1, 2, 3],
      [2, 4, 6],
    ],
    'cipher[2, 3]',
  ],
  ['rotate(v, 1)', [2, 3, 1], 'cipher[3]'],
  ['rotate(v, -1)', [3, 1, 2], 'cipher[3]'],
  ['rotate(v, 0)', [1, 2, 3], 'cipher[3]'],
  ['rotate(v, 3)', [1, 2, 3], 'cipher[3]'],
  ['rotate(v, -3)', [1, 2, 3], 'cipher[3]'],
  ['rotate(v, 7)', [2, 3, 1], 'cipher[3]'],
  ['rotate(v, -7)', [3, 1, 2], 'cipher[3]'],
  ['rotate(v, 1000000000001)', [3, 1, 2], 'cipher[3]'],
  ['rotate(v, -1000000000001)', [2, 3, 1], 'cipher[3]'],
  ['rotate(M[1], 1)', [5, 6, 4], 'cipher[3]'],
  ['rotate([9], 5)', [9], 'const[1]'],
  ['concat(v)', [1, 2, 3], 'cipher[3]'],
  ['concat(v, [x, p], [9])', [1, 2, 3, 1, 1, 9], 'cipher[6]'],
  [
    'concat(M, M[1..2], [[0, 0, 0]])',
    [
      [1, 2, 3],
      [4, 5, 6],
      [4, 5, 6],
      [0, 0, 0],
    ],
    'cipher[4, 3]',
  ],
  ['concat(Z[..1], Z[1..])[1, 0]', [5, 6], 'cipher[2]'],
  ['zeros(2)', [0, 0], 'const[2]'],
  [
    'ones(1, 2, 2)',
    [
      [
        [1, 1],
        [1, 1],
      ],
    ],
    'const[1, 2, 2]',
  ],
  [
    'ones(2, 3) + M',
    [
      [2, 3, 4],
      [5, 6, 7],
    ],
    'cipher[2, 3]',
  ],
  [
    'eye(2)',
    [
      [1, 0],
      [0, 1],
    ],
    'const[2, 2]',
  ],
  ['eye(3)[1] * v', [0, 2, 0], 'cipher[3]'],
  ['eye(1)', [[1]], 'const[1, 1]'],
  ['poly(v, [5])', [5, 5, 5], 'const[3]'],
  ['poly(v, [1, 2, 3])', [6, 17, 34], 'cipher[3]'],
  ['poly(2 * x, [1, 0, 0, 1])', 9, 'cipher'],
  ['poly(v, [0, 0, 0])', [0, 0, 0], 'const[3]'],
  ['poly(v, [1, 0, 0])', [1, 1, 1], 'const[3]'],
  ['poly(2, [1, 2, 3])', 17, 'const'],
  ['poly(2, v)', 17, 'cipher'],
  ['poly(v, v)', [6, 17, 34], 'cipher[3]'],
  ['poly(v, [p, 2 * p])', [3, 5, 7], 'cipher[3]'],
  ['poly(p, [p, 2])', 3, 'plain'],
  [
    'poly(M, [0, 0, 1])',
    [
      [1, 4, 9],
      [16, 25, 36],
    ],
    'cipher[2, 3]',
  ],
  ['len(v)', 3, 'const'],
  ['len(M)', 2, 'const'],
  ['shape(M, 1)', 3, 'const'],
  ['shape(Z, 2)', 2, 'const'],
  [
    'reshape(M, 3, 2)',
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    'cipher[3, 2]',
  ],
  ['reshape(x, 1, 1)', [[1]], 'cipher[1, 1]'],
  [
    'reshape(Z, -1, 4)',
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
    'cipher[2, 4]',
  ],
  ['reshape(v, 3)', [1, 2, 3], 'cipher[3]'],
  ['flatten(M.T)', [1, 4, 2, 5, 3, 6], 'cipher[6]'],
  ['flatten(x)', [1], 'cipher[1]'],
  [
    'transpose(M)',
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
    'cipher[3, 2]',
  ],
  [
    'transpose(Z)',
    [
      [
        [1, 5],
        [3, 7],
      ],
      [
        [2, 6],
        [4, 8],
      ],
    ],
    'cipher[2, 2, 2]',
  ],
  [
    'transpose(Z, 1, 0, 2)',
    [
      [
        [1, 2],
        [5, 6],
      ],
      [
        [3, 4],
        [7, 8],
      ],
    ],
    'cipher[2, 2, 2]',
  ],
  ['transpose(v, 0)', [1, 2, 3], 'cipher[3]'],
  ['transpose(x)', 1, 'cipher'],
  ['mean(v)', 2, 'cipher'],
  ['mean(M)', 3.5, 'cipher'],
  ['mean(M, 0)', [2.5, 3.5, 4.5], 'cipher[3]'],
  ['mean(M, 1)', [2, 5], 'cipher[2]'],
  ['mean(x)', 1, 'cipher'],
  ['trace(M)', 6, 'cipher'],
  ['trace(Z[1])', 13, 'cipher'],
  [
    'diag(v)',
    [
      [1, 0, 0],
      [0, 2, 0],
      [0, 0, 3],
    ],
    'cipher[3, 3]',
  ],
  ['diag(M)', [1, 5], 'cipher[2]'],
  ['diag(M.T)', [1, 5], 'cipher[2]'],
  ['cumsum(v)', [1, 3, 6], 'cipher[3]'],
  ['cumsum([x])', [1], 'cipher[1]'],
  ['kron(v, [1, 10])', [1, 10, 2, 20, 3, 30], 'cipher[6]'],
  [
    'kron([1, 10], M)',
    [
      [1, 2, 3, 10, 20, 30],
      [4, 5, 6, 40, 50, 60],
    ],
    'cipher[2, 6]',
  ],
  [
    'kron(M, [[0], [1]])',
    [
      [0, 0, 0],
      [1, 2, 3],
      [0, 0, 0],
      [4, 5, 6],
    ],
    'cipher[4, 3]',
  ],
  ['kron(x, v)', [1, 2, 3], 'cipher[3]'],
  [
    'conv2d(M, [[1, 10]])',
    [
      [21, 32],
      [54, 65],
    ],
    'cipher[2, 2]',
  ],
  [
    'conv2d(Z, ones(1, 2, 1, 1))',
    [
      [
        [6, 8],
        [10, 12],
      ],
    ],
    'cipher[1, 2, 2]',
  ],
  ['avgpool(Z, 2)', [[[2.5]], [[6.5]]], 'cipher[2, 1, 1]'],
  ['avgpool(M, 1, 2)', [[1, 3]], 'cipher[1, 2]'],
];

test.each(ON_VALUES)('%s', (expression, expected, shape) => {
  expect(value(expression)).toEqual(expected);
  expect(type(expression)).toBe(shape);
});

const ON_CONSTANTS: readonly (readonly [call: string, value: Nested])[] = [
  ['sqrt(2)', Math.SQRT2],
  ['sqrt([4, 9])', [2, 3]],
  ['exp(0)', 1],
  ['exp(1)', Math.E],
  ['log(exp(2))', 2],
  ['abs(-3)', 3],
  ['abs([-1, 0, 2.5])', [1, 0, 2.5]],
  ['floor(2.7)', 2],
  ['floor(-2.1)', -3],
  ['floor(0.1 * 3 * 10)', 3],
  ['floor(0.3 / 0.1)', 3],
  // In float64 this is 1000000000000000.8.
  ['floor(0.7 * 1000000000000001 * 10 / 7) - 1000000000000000', 1],
  ['min(3, 1, 2)', 1],
  ['max(3, 1, 2)', 3],
  ['min([3, 1, 2])', 1],
  ['max([[1, 9], [2, 3]])', 9],
  ['min([1, 5], 3)', [1, 3]],
  [
    'max([1, 5], [[2], [6]])',
    [
      [2, 5],
      [6, 6],
    ],
  ],
  ['max(-1)', -1],
];

test.each(ON_CONSTANTS)('of constants: %s', (expression, expected) => {
  expect(constant(expression)).toEqual(expected);
});

test('each built-in function has a case', () => {
  const calls = [...ON_VALUES, ...ON_CONSTANTS].map(([call]) => call);
  const without = [...BUILTINS.keys()].filter(
    (name) => !calls.some((call) => call.startsWith(`${name}(`)),
  );
  expectNoComplaints(without.map((name) => `test/check/builtins.test.ts has no case of ${name}`));
});

test('a program may declare each built-in name', () => {
  for (const name of BUILTINS.keys()) {
    expect(run(`input x: cipher; let ${name} = 7 * x; output y = ${name};`).y).toBe(7);
    expect(run(`input x: cipher; fn ${name}(a) = 7 * a; output y = ${name}(x);`).y).toBe(7);
    expect(run(`input x: cipher; fn f(${name}) = 7 * ${name}; output y = f(x);`).y).toBe(7);
  }
});

test('a call with arguments of any shape gives a value or a diagnostic', () => {
  const shapes = ['x', 'v', 'M', 'Z', 'p', '2', '[1, 2]'];
  for (const [name, { arity }] of BUILTINS) {
    const counts = [arity[0] - 1, arity[0], arity[0] + 1, Math.min(arity[1], 3) + 1];
    for (const count of new Set(counts.filter((n) => n >= 0)))
      for (const first of shapes)
        for (const rest of shapes) {
          const args = Array.from({ length: count }, (_, i) => (i === 0 ? first : rest));
          // Throws what is not a diagnostic.
          const found = diagnostics(`${prelude} output y = ${name}(${args.join(', ')});`);
          if (count < arity[0] || count > arity[1]) expect(found.length).toBeGreaterThan(0);
        }
  }
});
