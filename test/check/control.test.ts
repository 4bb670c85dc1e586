import { describe, expect, test } from 'vitest';
import { diagnostics, type Nested, run, types } from './support.ts';

const prelude = 'input x: cipher; input p: plain; input v: cipher[3]; input M: cipher[2, 3];';
/** Returns output y of a program with inputs x = p = 1, v = [1, 2, 3], M = [[1, 2, 3], [4, 5, 6]]. */
const value = (body: string) => run(`${prelude} ${body}`).y;
const codes = (body: string): readonly string[] =>
  diagnostics(`${prelude} ${body} output last = x;`).map(({ code }) => code);

/** Values of Python and NumPy, with 1 and 0 for true and false. */
const ON_CONSTANTS: readonly (readonly [expression: string, value: Nested])[] = [
  ['2 < 3', 1],
  ['3 < 3', 0],
  ['3 <= 3', 1],
  ['-1 > -2', 1],
  ['2 >= 3', 0],
  ['2 == 2.0', 1],
  ['2 != 2.0', 0],
  // Equal numbers, and not their floats: in float64 the first is 0, and the second is 1.
  ['0.1 + 0.2 == 0.3', 1],
  ['0.1 + 0.2 > 0.3', 0],
  ['1/3 + 1/3 + 1/3 >= 1', 1],
  ['1e16 + 1 > 1e16', 1],
  ['1e16 == 1e16 + 1', 0],
  ['1e16 - 1 <= 1e16', 1],
  ['[1, 2, 3] >= 2', [0, 1, 1]],
  [
    '[[1], [2]] == [1, 2, 3]',
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
  ],
  ['5 % 3', 2],
  ['-5 % 3', 1],
  ['5 % -3', -1],
  ['-5 % -3', -2],
  ['6 % 3', 0],
  ['-6 % 3', 0],
  ['5.5 % 2', 1.5],
  ['5.5 % -2', -0.5],
  ['0.3 % 0.1', 0],
  ['1 % 0.1', 0],
  ['(0.1 * 7) % 0.7', 0],
  ['1e17 % 7', 5],
  ['2^100 % 1000007', 698_635],
  ['[5, -5, 7] % [3, 3, -4]', [2, 1, -1]],
  ['not 0', 1],
  ['not 3', 0],
  ['not [0, 2, 0]', [1, 0, 1]],
  ['2 and 3', 1],
  ['2 and 0', 0],
  ['0 or 0', 0],
  ['0 or -1', 1],
  ['[1, 0, 2] and [1, 1, 0]', [1, 0, 0]],
  ['[1, 0, 0] or [0, 0, 2]', [1, 0, 1]],
  ['[1, 0] and 0', [0, 0]],
  // Precedence
  ['1 or 0 and 0', 1],
  ['(1 or 0) and 0', 0],
  ['not 1 == 2', 1],
  ['not 0 and 0', 0],
  ['1 + 2 < 2 * 2', 1],
  ['2 < 3 and 3 < 2', 0],
  ['not not 5', 1],
  ['-7 % 3', 2],
  ['-(7 % 3)', -1],
  ['2 * 7 % 4', 2],
  ['7 % 4 * 2', 6],
  ['2^3 % 5', 3],
  ['10 - 7 % 4', 7],
  ['12 / 5 % 2', 0.4],
  ['sum([1, 5, 3] > 2)', 2],
];

test.each(ON_CONSTANTS)('%s', (expression, expected) => {
  const y = run(`output y = ${expression};`).y;
  if (typeof expected === 'number') expect(y).toBeCloseTo(expected, 12);
  else expect(y).toEqual(expected);
  expect(types(`output y = ${expression};`).y).toMatch(/^const/);
});

describe('a decided `and` or `or` does not evaluate the rest', () => {
  test.each([
    ['0 and 1 / 0', 0],
    ['1 or 1 / 0', 1],
    ['2 or [1, 2][5]', 1],
    ['0 and x', 0],
    ['1 or v', 1],
    ['1 and 0 and x', 0],
    ['0 or 3 or x < 1', 1],
    ['0 and x or 1', 1],
  ])('%s', (expression, expected) => {
    expect(value(`output y = ${expression};`)).toBe(expected);
  });

  test('nor do numbers that decide nothing hide it', () => {
    expect(codes('let a = 1 and 1 / 0;')).toEqual(['division-by-zero']);
    expect(codes('let a = 0 or x;')).toEqual(['logic-not-polynomial']);
    // A vector decides for no element alone.
    expect(codes('let a = [0, 0] and x;')).toEqual(['logic-not-polynomial']);
  });

  test('so that a condition may guard an index', () => {
    const body =
      'const c = [3, 4]; var s = 0; for i in 0..4 { if i < len(c) and c[i] > 3 { s += c[i]; } } output y = s;';
    expect(value(body)).toBe(4);
  });
});

describe('if', () => {
  test.each([
    [-1, 'negative'],
    [0, 'zero'],
    [1, 'one'],
    [7, 'other'],
  ])('takes the first branch that holds: %i', (n, taken) => {
    const text = `param n = 0; input x: cipher; var y = 0;
      if n < 0 { y = 1; } else if n == 0 { y = 2; } else if n <= 1 { y = 3; } else { y = 4; }
      output y;`;
    const names = ['negative', 'zero', 'one', 'other'];
    expect(run(text, {}, { n: `${n}` }).y).toBe(names.indexOf(taken) + 1);
  });

  test('holds for each number that is not exactly 0', () => {
    for (const [condition, expected] of [
      ['0.5', 2],
      ['-1', 2],
      ['1e-300', 2],
      ['0', 1],
      ['0.1 + 0.2 - 0.3', 1],
    ] as const)
      expect(value(`var w = x; if ${condition} { w += x; } output y = w;`)).toBe(expected);
  });

  test('without else may do nothing', () => {
    expect(value('var w = x; if 0 { w = 5; } output y = w;')).toBe(1);
    expect(value('var w = x; if 0 { w = 5; } else if 0 { w = 6; } output y = w;')).toBe(1);
    expect(value('var w = x; if 1 { } else { w = 6; } output y = w;')).toBe(1);
  });

  test('in loops, functions and other branches', () => {
    const collatz = `fn steps(a) {
        var n = a; var count = 0;
        for t in 0..20 { if n != 1 { if n % 2 == 0 { n = n / 2; } else { n = 3*n + 1; } count += 1; } }
        return count;
      }`;
    expect(value(`${collatz} output y = [steps(1), steps(6), steps(7), steps(9)];`)).toEqual([
      ...[0, 8, 16, 19],
    ]);
    expect(
      value(
        'var w = x; for i in 0..3 { if i % 2 == 0 { w = w + v[i]; } else { w = w * v[i]; } } output y = w;',
      ),
    ).toBe((1 + 1) * 2 + 3);
  });

  test('has blocks with names of their own, which may be the same', () => {
    expect(
      value(
        'var w = x; if 0 { let a = 1; w = a; } else { let a = 2; w = a; } let a = 7; output y = w + a;',
      ),
    ).toBe(9);
    expect(codes('if 1 { let aa = x; } let b = aa;')).toEqual(['unknown-name']);
    expect(codes('if 1 { let x = 1; }')).toEqual(['redeclared']);
    expect(codes('if 1 { } else { let b = nothing; }')).toEqual(['unknown-name']);
  });

  test('does not evaluate the other branches, nor later conditions', () => {
    expect(codes('if 0 { let a = 1 / 0; } else if 1 { } else { let a = v[9]; }')).toEqual([]);
    expect(codes('if 1 { } else if x { }')).toEqual([]);
    expect(codes('if 0 { } else if x { }')).toEqual(['branch-not-polynomial']);
  });

  test('may change shape and secrecy of a var', () => {
    const body = (n: number) => `${prelude} var w = x; if ${n} { w = [1, 2]; } output y = w;`;
    expect(types(body(1)).y).toBe('const[2]');
    expect(types(body(0)).y).toBe('cipher');
  });

  test('assigns the vars that a loop carries', () => {
    expect(value('var w = x; for i in 0..5 { if i >= 3 { w *= 2; } } output y = w;')).toBe(4);
  });
});

describe('+=, -= and *=', () => {
  test.each([
    ['var w = x; w += 4; output y = w;', 5],
    ['var w = x; w -= 4; output y = w;', -3],
    ['var w = 3*x; w *= w; output y = w;', 9],
    ['var w = 2; w += v; output y = w;', [3, 4, 5]],
    ['var w = v; w *= v + 1; output y = w;', [2, 6, 12]],
    ['var w = v; w -= p; output y = w;', [0, 1, 2]],
    ['var w = 10; w -= 2 - 3; output y = v * w;', [11, 22, 33]],
    ['var w = x; for i in 0..4 { w += i; w *= 2; } output y = w;', 38],
    ['fn f(a) { var b = a; b *= a; return b; } output y = f(v);', [1, 4, 9]],
    [
      'var w = M; w += v; output y = w;',
      [
        [2, 4, 6],
        [5, 7, 9],
      ],
    ],
  ] as const)('%s', (body, expected) => {
    expect(value(body)).toEqual(expected);
  });

  test('keep a constant constant', () => {
    expect(value('var n = 0; n += 1; n *= 2; output y = v[n];')).toBe(3);
  });
});

describe('let [a, b] = e takes a value apart along its first axis', () => {
  test.each([
    ['let [a, b] = [x, 5]; output y = 10*a + b;', 15],
    ['let [a, b, c] = v; output y = a + 10*b + 100*c;', 321],
    ['let [a, b] = M; output y = a - b;', [-3, -3, -3]],
    ['let [a] = [v]; output y = a;', [1, 2, 3]],
    ['let [a] = [x]; output y = a;', 1],
    ['let [a, b, c] = M.T; output y = b;', [2, 5]],
    ['let [a, b] = (M * M)[.., 0]; output y = [b, a];', [16, 1]],
    ['let [a, b] = [[v, 2*v], [3*v, 4*v]]; output y = b[1] - a[0];', [3, 6, 9]],
    ['fn f(a) = [a, a + 1]; let [a, b] = f(x); output y = [a, b];', [1, 2]],
    ['fn f(a) { let b = a*a; return (([b, a])); } let [a, b] = f(2*x); output y = a - b;', 2],
    ['fn f(a) = a; let [a, b, c] = f(v); output y = c;', 3],
    ['let [a, b] = [x, p] within [0, 1]; output y = a + b;', 2],
  ] as const)('%s', (body, expected) => {
    expect(value(body)).toEqual(expected);
  });

  test('all parts are evaluated before the names get values', () => {
    const body = 'fn f(t) { let [x, p] = [10*p + t, x]; return x - p; } output y = f(3);';
    expect(value(body)).toBe(13 - 1);
  });

  test('in a loop: the numbers of Fibonacci', () => {
    const body =
      'var a = 0*x; var b = x; for t in 0..10 { let [c, d] = [b, a + b]; a = c; b = d; } output y = a;';
    expect(value(body)).toBe(55);
    expect(codes('var a = x; var b = x; for t in 0..2 { let [a, b] = [b, a + b]; }')).toEqual([
      ...['redeclared', 'redeclared'],
    ]);
  });

  test('parts keep their own secrecy where they are written out', () => {
    const text = `${prelude} let [a, b, c] = [x, p, 3]; output y = v[c - 1]; output z = b; output u = a;`;
    expect(types(text)).toEqual({ y: 'cipher', z: 'plain', u: 'cipher' });
  });

  test('a chain of functions that is too deep is refused', () => {
    const functions = Array.from({ length: 2000 }, (_, i) => `fn f${i + 1}(a) = f${i}(a);`);
    const text = `fn f0(a) = [a, a]; ${functions.join(' ')} let [a, b] = f2000(x);`;
    expect(codes(text)).toEqual(['too-deep']);
  });
});

describe('within', () => {
  test('is a promise of let, var and assignments, which constants must keep', () => {
    const text = `const r = 2; let a = x within [-1, r]; var b = 3 within [r, 3]; b = v within [0, 9];
      b[1] = x within [0, 1]; b[0] += 1 within [0, 2]; output y = b + a;`;
    expect(value(text)).toEqual([3, 2, 4]);
    expect(codes('var n = 1; n += 1 within [0, 1];')).toEqual(['out-of-range']);
    expect(codes('let [a, b] = [1, 2] within [0, 1];')).toEqual(['out-of-range']);
    expect(codes('let a = 1 within [0];')).not.toEqual([]);
    expect(codes('let a = 1 within [0, [1, 2]];')).toEqual(['not-scalar']);
  });
});
