import { describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { checked, counting, diagnostics, places, run, types } from './support.ts';

/** Returns the codes of a program with an input x and an output. */
const codes = (body: string): readonly string[] =>
  diagnostics(`input x: cipher; input p: plain; input v: cipher[3]; ${body} output last = x;`).map(
    ({ code }) => code,
  );
/** Returns output y of a program with inputs x = 1, p = 1 and v = [1, 2, 3]. */
const value = (body: string) =>
  run(`input x: cipher; input p: plain; input v: cipher[3]; ${body}`).y;
const type = (body: string) =>
  types(`input x: cipher; input p: plain; input v: cipher[3]; ${body}`).y;

describe('values are cipher, plain or constant', () => {
  test.each([
    ['x', 'cipher'],
    ['p', 'plain'],
    ['2', 'const'],
    ['x + p', 'cipher'],
    ['x * 2', 'cipher'],
    ['p * 2 + 1', 'plain'],
    ['x * 0', 'cipher'],
    ['[x, p, 1]', 'cipher[3]'],
    ['[p, 1]', 'plain[2]'],
    ['[1, 2]', 'const[2]'],
    ['1 / p', 'plain'],
    ['p^-2', 'plain'],
    ['2^-2', 'const'],
    ['x^0', 'const'],
    ['v^0', 'const[3]'],
    ['x^1', 'cipher'],
  ])('%s is %s', (expression, expected) => {
    expect(type(`output y = ${expression};`)).toBe(expected);
  });
});

describe('constants are exact', () => {
  test.each([
    ['v[0.1 * 10]', 2],
    ['v[0.1 + 0.2 - 0.3]', 1],
    ['v[0.3 / 0.1 - 1]', 3],
    ['v[1e0 + 1E-0]', 3],
    ['v[(1/3 + 1/3 + 1/3) * 2]', 3],
    ['(0.1 + 0.2 - 0.3) * 1e30', 0],
    ['2^(6 / 2)', 8],
    ['x^(0.1 * 20) * 5', 5],
  ])('%s', (expression, expected) => {
    expect(value(`output y = ${expression};`)).toBe(expected);
  });

  test('division by exactly zero is refused, by a number close to zero it is not', () => {
    expect(codes('let a = x / (0.1 + 0.2 - 0.3);')).toEqual(['division-by-zero']);
    expect(codes('let a = x / (0.1 + 0.2 - 0.3 + 1e-300);')).toEqual([]);
  });

  test('a loop that adds tenths gives an integer', () => {
    expect(value('var s = 0; for t in 0..20 { s = s + 0.1; } output y = v[s];')).toBe(3);
  });
});

describe('operators', () => {
  test.each([
    ['-2^2', -4],
    ['(-2)^2', 4],
    ['2^3^2', 512],
    ['2^-1', 0.5],
    ['--2', 2],
    ['2 - 3 - 4', -5],
    ['24 / 2 / 3', 4],
    ['2 / 4 * 8', 4],
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['-x * -2', 2],
    ['2 * -x^2', -2],
    ['-v[1]', -2],
    ['[1, 2, 3].T @ v', 14],
    ['v[1..][0]^2', 4],
    ['0^0', 1],
    ['(x - x)^0', 1],
    ['v^1', [1, 2, 3]],
    ['v^3', [1, 8, 27]],
    ['v^0', [1, 1, 1]],
    ['x^2.0', 1],
    ['v / 2', [0.5, 1, 1.5]],
    ['v / (2 * p)', [0.5, 1, 1.5]],
    ['6 / p / 2', 3],
    ['12 / [1, 2, 3] - v', [11, 4, 1]],
  ])('%s', (expression, expected) => {
    expect(value(`output y = ${expression};`)).toEqual(expected);
  });
});

describe('indices and slices', () => {
  const items = 'input M: cipher[3, 4]; input Z: cipher[2, 3, 2];';
  // M contains 1 to 12 row by row, and so does Z.
  test.each([
    ['M[1]', [5, 6, 7, 8]],
    ['M[1, 2]', 7],
    ['M[1][2]', 7],
    ['M[.., 2]', [3, 7, 11]],
    ['M[0..2, 2]', [3, 7]],
    [
      'M[1.., ..2]',
      [
        [5, 6],
        [9, 10],
      ],
    ],
    ['M[1..2]', [[5, 6, 7, 8]]],
    ['M[1..2, 2..3]', [[7]]],
    [
      'M[..][..]',
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10, 11, 12],
      ],
    ],
    ['M.T[1]', [2, 6, 10]],
    ['M.T.T[1, 2]', 7],
    ['M[0..3, 0..4].T[3, 2]', 12],
    [
      'Z[1]',
      [
        [7, 8],
        [9, 10],
        [11, 12],
      ],
    ],
    ['Z[1, 2]', [11, 12]],
    ['Z[1, 2, 0]', 11],
    ['Z[.., 2, 0]', [5, 11]],
    ['Z[0, .., 1]', [2, 4, 6]],
    ['Z[1..2, 1.., ..1]', [[[9], [11]]]],
    [
      'Z[1].T',
      [
        [7, 9, 11],
        [8, 10, 12],
      ],
    ],
    ['Z[1].T[0, 1..]', [9, 11]],
    ['[1, 2, 3][1]', 2],
    [
      '[[1, 2], [3, 4]].T',
      [
        [1, 3],
        [2, 4],
      ],
    ],
    ['(M + 1)[2, 3]', 13],
    ['M[2 - 1, 6 / 3]', 7],
    ['M[0].T', [1, 2, 3, 4]],
    ['M[0, 0].T', 1],
  ])('%s', (expression, expected) => {
    expect(run(`${items} output y = ${expression};`).y).toEqual(expected);
  });
});

test('[a, b] of equal shapes stacks along a new first axis', () => {
  expect(value('output y = [x];')).toEqual([1]);
  expect(value('output y = [v, 2*v];')).toEqual([
    [1, 2, 3],
    [2, 4, 6],
  ]);
  expect(value('output y = [[x, 2], [p, 4]];')).toEqual([
    [1, 2],
    [1, 4],
  ]);
  expect(value('output y = [[[x]]];')).toEqual([[[1]]]);
  expect(value('output y = [[[[x]]]];')).toEqual([[[[1]]]]);
  expect(codes('let a = [[[[[x]]]]];')).toEqual(['rank']);
});

describe('a name is visible from its declaration on, in its block', () => {
  test('not before it', () => {
    expect(codes('let a = bb; let bb = x;')).toEqual(['unknown-name']);
    expect(codes('let aa = aa;')).toEqual(['unknown-name']);
    expect(codes('let a = ff(x); fn ff(a) = a;')).toEqual(['unknown-function']);
    expect(codes('fn f(a) = a * late; let late = 2; let b = f(x);')).toEqual(['unknown-name']);
    expect(codes('for t in 0..tt { } const tt = 3;')).toEqual(['unknown-name']);
  });

  test('not after its block', () => {
    expect(codes('for t in 0..2 { let inner = x; } let b = inner;')).toEqual(['unknown-name']);
    expect(codes('for index in 0..2 { } let b = index;')).toEqual(['unknown-name']);
    expect(codes('fn f(param_) = param_; let b = param_;')).toEqual(['unknown-name']);
  });

  test('blocks one after the other may use the same names', () => {
    const text =
      'var y = x; for t in 0..2 { let a = t; y = y + a; } for t in 2..4 { let a = t; y = y + a; } output y;';
    expect(value(text)).toBe(7);
  });

  test('an output declares nothing', () => {
    expect(codes('output yy = x; let z = yy;')).toEqual(['unknown-name']);
    expect(value('output y = x; let yy = 2; output z = yy;')).toBe(1);
  });
});

describe('function parameters and names inside a function may shadow globals', () => {
  test.each([
    ['a parameter', 'let a = 5; fn f(a) = a * 2; output y = f(x);', 2],
    ['a parameter, an input', 'fn f(x) = x * 2; output y = f(3);', 6],
    ['a parameter, the function itself', 'fn f(f) = f * 2; output y = f(x);', 2],
    ['a let', 'let a = 5; fn f(b) { let a = b + 1; return a; } output y = f(x) + a;', 7],
    [
      'a let that reads the name that it hides',
      'let a = 5; fn f(b) { let a = a + b; return a; } output y = f(x);',
      6,
    ],
    [
      'a var, which is not the global',
      'var w = x; fn f(b) { var w = b; w = w + 10; return w; } let r = f(5); output y = w + r;',
      16,
    ],
    [
      'a name in a loop of a function',
      'let a = 5; fn f(b) { var s = b; for t in 0..2 { let a = s * 2; s = a; } return s + a; } output y = f(x);',
      9,
    ],
    [
      'an index',
      'let t = 9; fn f(b) { var s = b; for t in 0..3 { s = s + t; } return s + t; } output y = f(x);',
      13,
    ],
  ])('%s', (_, text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test('nothing else may be declared again', () => {
    for (const body of [
      'let x = 1;',
      'for x in 0..1 { }',
      'for t in 0..1 { let x = 1; }',
      'for t in 0..1 { let a = 1; for u in 0..1 { let a = 2; } }',
      'fn f(a, a) = a;',
      'fn f(a) { var a = 1; return a; }',
      'fn f(a) { for a in 0..1 { } return a; }',
      'fn f(a) = a; fn f(b) = b;',
      'fn x(a) = a;',
    ])
      expect(codes(body)).toEqual(['redeclared']);
  });
});

describe('user names may shadow built-ins', () => {
  test.each([
    [
      'from the declaration on',
      'let s = sum(v); fn sum(a) = 100 * a; output y = [s, sum(x)];',
      [6, 100],
    ],
    ['not in functions before it', 'fn f(a) = sum(a); fn sum(a) = 100 * a; output y = f(v);', 6],
    [
      'not in functions before it, by a value',
      'fn f(a) = sum(a); let sum = 2; output y = sum * f(v);',
      12,
    ],
    [
      'not in loops before it',
      'var w = x; for t in 0..2 { w = w * sum(v); } fn sum(a) = 0; output y = w;',
      36,
    ],
    [
      'not in loops of functions before it',
      'fn f(a) { var w = a; for t in 0..2 { w = w * sum(v); } return w; } let sum = 1; output y = f(x);',
      36,
    ],
    ['by a value made with it', 'let sum = sum(v); output y = sum;', 6],
    [
      'in a function, by a value made with it',
      'fn f(a) { let sum = sum(a); return sum; } output y = f(v);',
      6,
    ],
    ['in functions after it', 'fn sum(a) = 100 * a; fn f(a) = sum(a); output y = f(x);', 100],
    ['in a loop body only', 'for t in 0..1 { let sum = sum(v); } output y = sum(v);', 6],
    [
      'and a function with its name does not recurse',
      'fn f(a) = sum(a); fn sum(a) = f(a); output y = sum(v);',
      6,
    ],
  ])('%s', (_, text, expected) => {
    expect(value(text)).toEqual(expected);
  });
});

describe('functions are expanded at each call, for any shape and secrecy', () => {
  test('of the arguments', () => {
    const text =
      'fn f(a) = a * a + 1; output y = [sum(f(v)), f(x), f(3), f(p)]; output z = f([[1, 2]]); output k = f(2);';
    expect(value(text)).toEqual([17, 2, 10, 2]);
    const { y, z, k } = types(`input x: cipher; input p: plain; input v: cipher[3]; ${text}`);
    expect([y, z, k]).toEqual(['cipher[4]', 'const[1, 2]', 'const']);
  });

  test('so that one call can be right and another one wrong', () => {
    const text = 'input x: cipher; input v: cipher[3];\nfn f(a) = a[0];\noutput y = f(v) + f(x);';
    expect(places(text)).toEqual(['2:11 too-many-indices "a[0]"']);
  });

  test('a constant result serves as index, bound and exponent', () => {
    expect(
      value(
        'fn half(n) = n / 2; var w = x; for t in 0..half(4) { w = w + v[half(4)]; } output y = w^half(4);',
      ),
    ).toBe(49);
  });

  test('without parameters, with loops, calling others', () => {
    expect(
      value(
        'fn two() = 2; fn g(a) { var r = a; for t in 0..two() { r = r * 3; } return r; } output y = g(x);',
      ),
    ).toBe(9);
  });

  test('they read the values that globals have at the call', () => {
    expect(
      value(
        'var w = 2; fn f(a) = a * w; let before = f(x); w = 10; let after = f(x); output y = [before, after];',
      ),
    ).toEqual([2, 10]);
    expect(value('var w = x; fn f(a) = a + w; for t in 0..3 { w = f(w); } output y = w;')).toBe(8);
  });

  test('they cannot assign globals, or call themselves', () => {
    expect(codes('var w = x; fn f(a) { w = a; return a; }')).toEqual(['global-assigned']);
    expect(codes('fn f(a) = f(a); let b = f(x);')).toEqual(['recursion']);
    expect(codes('fn f(a) = g(a); fn g(a) = f(a);')).toEqual(['unknown-function']);
  });

  test('a function that is never called has its names checked, not its types', () => {
    expect(codes('fn f(a) = a + nothing;')).toEqual(['unknown-name']);
    expect(codes('fn f(a) = [1, 2] + [1, 2, 3];')).toEqual([]);
  });
});

describe('a var has the shape and secrecy of the last value assigned', () => {
  test('in a row', () => {
    const text =
      'input x: cipher; var w = 1; output a = w; w = [w, 2]; output b = w; w = w * x; output c = w; w = sum(w); output d = w;';
    expect(types(text)).toEqual({ a: 'const', b: 'const[2]', c: 'cipher[2]', d: 'cipher' });
    expect(run(text)).toEqual({ a: 1, b: [1, 2], c: [1, 2], d: 3 });
  });

  test('shapes change in a loop', () => {
    expect(
      value('var w = [x]; for t in 1..4 { w = concat(w, [w[t - 1] * 2]); } output y = w;'),
    ).toEqual([1, 2, 4, 8]);
    expect(value('var w = v; for t in 0..2 { w = w[1..]; } output y = w;')).toEqual([3]);
    expect(type('var w = x; for t in 0..3 { w = [w]; } output y = w;')).toBe('cipher[1, 1, 1]');
  });

  test('secrecy changes in a loop', () => {
    expect(type('var w = 1; for t in 0..3 { w = w * x; } output y = w;')).toBe('cipher');
    expect(type('var w = x; for t in 0..3 { w = t; } output y = w;')).toBe('const');
    expect(type('var w = 1; for t in 0..0 { w = w * x; } output y = w;')).toBe('const');
    expect(value('var w = x; for t in 0..3 { w = t; } output y = v[w];')).toBe(3);
  });

  test('an index that a later iteration cannot have is an error', () => {
    expect(codes('var w = v; for t in 0..5 { w = w[1..]; }')).toEqual(['index-out-of-range']);
    expect(codes('var n = 0; for t in 0..5 { let a = v[n]; n = n + 1; }')).toEqual([
      'index-out-of-range',
    ]);
    expect(codes('var n = 1; for t in 0..5 { let a = v[n - 1]; n = x; }')).toEqual([
      'not-constant',
    ]);
  });
});

describe('loops', () => {
  test('are half-open, with constant bounds', () => {
    expect(value('var s = 0; for t in 2..5 { s = s + t; } output y = s;')).toBe(9);
    expect(value('param n = 2; var s = 0; for t in n - 1..2*n { s = s + t; } output y = s;')).toBe(
      6,
    );
    expect(value('var s = 0; for t in -2..1 { s = s + t; } output y = s;')).toBe(-3);
  });

  test('have no iterations if the bounds are equal or in the wrong order', () => {
    for (const range of ['3..3', '3..2', '0..0', '5..-5'])
      expect(value(`var s = 7; for t in ${range} { s = 0; } output y = s;`)).toBe(7);
  });

  test('an index is a constant: an index, a bound, an exponent, a factor', () => {
    expect(
      value('var s = 0; for i in 0..3 { for j in 0..i { s = s + v[i] * 10^j; } } output y = s;'),
    ).toBe(2 + 33);
    expect(value('var s = x; for t in 1..4 { s = s + rotate(v, t)[0] * t; } output y = s;')).toBe(
      12,
    );
    expect(codes('for t in 0..2 { t = 1; }')).toEqual(['not-assignable']);
  });

  test('names in bodies that never run are reported', () => {
    expect(codes('for t in 0..0 { let a = nothing; }')).toEqual(['unknown-name']);
  });
});

describe('outputs', () => {
  test('have the value of the name at the output statement', () => {
    const text = 'input x: cipher; var w = x; output w; w = w + 1; output after = w; w = 0;';
    expect(run(text)).toEqual({ w: 1, after: 2 });
  });

  test('have distinct names, which other declarations may have, too', () => {
    expect(codes('output a = x; output b = x; output a = p;')).toEqual(['duplicate-output']);
    expect(run('input x: cipher; output x = 2 * x; output sum = x;')).toEqual({ x: 2, sum: 1 });
  });

  test('may be inputs, plain values and constants', () => {
    expect(types('input x: cipher; input p: plain; output x; output p; output c = 3;')).toEqual({
      ...{ x: 'cipher', p: 'plain' },
      c: 'const',
    });
  });
});

describe('inputs', () => {
  test('have up to four axes, their extents known to the compiler', () => {
    const text =
      'param k = 2; const n = k + 1; input a: cipher; input b: plain[k]; input c: cipher[n, 2 * k]; input d: cipher[1, k, n]; input e: plain[k, 1, n, 2]; output y = a;';
    expect(checked(text).inputs.map(({ shape, secrecy }) => [secrecy, shape])).toEqual([
      ['cipher', []],
      ['plain', [2]],
      ['cipher', [3, 4]],
      ['cipher', [1, 2, 3]],
      ['plain', [2, 1, 3, 2]],
    ]);
  });

  test('lie within a range of constants', () => {
    const text =
      'const r = 0.1 * 10; input a: cipher within [-r, 2 * r]; input b: cipher within [1, 1]; input c: cipher; output y = a;';
    expect(checked(text).inputs.map(({ range }) => range)).toEqual([[-1, 2], [1, 1], undefined]);
  });
});

describe('params', () => {
  const text = 'param k = 2; param n = k + 1; input v: cipher[n]; output y = v * k;';

  test('have their default, or the value of -D', () => {
    expect(types(text)).toEqual({ y: 'cipher[3]' });
    expect(types(text, { k: '4' })).toEqual({ y: 'cipher[5]' });
    expect(types(text, { k: '4', n: '2' })).toEqual({ y: 'cipher[2]' });
    expect(run(text, {}, { k: '0.5', n: '1' })).toEqual({ y: [0.5] });
  });

  test('are checked with their value', () => {
    expect(diagnostics(text, { n: '0' }).map(({ code }) => code)).toEqual(['bad-extent']);
    expect(diagnostics(text, { n: '2.5' }).map(({ code }) => code)).toEqual(['not-integer']);
    expect(diagnostics(text, { m: '1' }).map(({ code }) => code)).toEqual(['unknown-param']);
  });

  test('cannot be a const', () => {
    expect(diagnostics('const c = 1; output y = c;', { c: '2' })).toHaveLength(1);
  });
});

describe('operations that are not polynomials in the ciphertexts are errors', () => {
  test.each([
    ['let a = 1 / x;', 'division-by-cipher'],
    ['let a = p / v;', 'division-by-cipher'],
    ['let a = x^-2;', 'negative-exponent'],
    ['let a = 2^x;', 'not-constant'],
    ['let a = v[x];', 'not-constant'],
    ['for t in 0..x { }', 'not-constant'],
    ['let a = sqrt(x);', 'not-polynomial'],
    ['let a = min(x, 0);', 'not-polynomial'],
    ['let a = x < 1;', 'comparison-not-polynomial'],
    ['let a = x == 1;', 'comparison-not-polynomial'],
  ])('%s', (body, code) => {
    expect(codes(body)).toEqual([code]);
  });

  test('division by a plain value is multiplication by its inverse', () => {
    const text = 'input x: cipher; input p: plain[2]; output y = x / p; output z = x * (1 / p);';
    expect(run(text, { x: 3, p: [4, 8] })).toEqual({ y: [0.75, 0.375], z: [0.75, 0.375] });
    expect(() => run(text, { x: 3, p: [4, 0] })).toThrow(RangeError);
  });
});

describe('schemes of integers', () => {
  const scheme = (line: string) =>
    diagnostics(`${line} input x: cipher; input p: plain; output last = x;`).map(
      ({ code }) => code,
    );

  test.each([
    ['scheme ckks;', { name: 'ckks', modulus: undefined }],
    ['', { name: 'ckks', modulus: undefined }],
    ['scheme bfv;', { name: 'bfv', modulus: 65537 }],
    ['scheme bfv(t=65537);', { name: 'bfv', modulus: 65537 }],
    ['scheme bgv(t = 257);', { name: 'bgv', modulus: 257 }],
  ])('%s', (line, expected) => {
    expect(checked(`${line} input x: cipher; output y = x;`).scheme).toEqual(expected);
  });

  test('compute with integer constants only, also if they come from fractions', () => {
    const integers = (expression: string) =>
      diagnostics(
        `scheme bfv(t=65537); input x: cipher; input p: plain; output y = ${expression};`,
      );
    for (const fine of [
      'x * 2',
      'x * (0.5 * 4)',
      'x + 6 / 3',
      'x / p',
      '[x, -3]',
      'x^2 - 1e3',
      '7',
    ])
      expect(integers(fine)).toEqual([]);
    for (const wrong of [
      'x * 0.5',
      'x * 0.5 * 4',
      'x / 3',
      'x + [0.1]',
      '0.5',
      'p - 1/3',
      'sqrt(2) * x',
    ])
      expect(integers(wrong).map(({ code }) => code)).toEqual(['not-an-integer-constant']);
  });

  test('the scheme statement applies to the whole file', () => {
    expect(scheme('scheme bfv; scheme ckks;')).toEqual(['duplicate-scheme']);
    expect(
      diagnostics('input x: cipher; output y = x * 0.5; scheme bfv;').map(({ code }) => code),
    ).toEqual(['not-an-integer-constant']);
  });
});

test('a program that uses most of the language', () => {
  const text = `
    param k = 6; param n = 64; param f = 197; param step = 0.5;
    const a = [0.5, -0.15012, 0, 0.001593];
    input Z : cipher[k, n, f] within [-1, 1];
    input w0: cipher[f] within [-1, 1];
    fn g(x) = a[0] + a[1]*x + a[3]*x^3;
    var w = w0;
    var v = w0;
    for t in 0..k {
      let gamma = -(t + 1) / (t + 4);
      let next = w + step/n * (Z[t].T @ g(Z[t] @ w));
      w = (1 - gamma)*next + gamma*v;
      v = next;
    }
    output w;`;
  expect(types(text)).toEqual({ w: 'cipher[197]' });
  const [k, n, f] = [2, 3, 2];
  const z = counting([k * n * f]).map((x) => ((x * 5) % 7) / 7 - 0.4);
  const rows = Array.from({ length: k }, (_, t) =>
    Array.from({ length: n }, (_, i) => z.slice((t * n + i) * f, (t * n + i + 1) * f)),
  );
  const start = [0.3, -0.2];
  let [w, v] = [start, start];
  rows.forEach((batch, t) => {
    const gamma = -(t + 1) / (t + 4);
    const next = [...w];
    for (const row of batch) {
      const margin = row.reduce((sum, x, j) => sum + x * defined(w[j]), 0);
      const g = 0.5 - 0.15012 * margin + 0.001593 * margin ** 3;
      for (const j of next.keys()) next[j] = defined(next[j]) + (0.5 / n) * defined(row[j]) * g;
    }
    w = next.map((x, j) => (1 - gamma) * x + gamma * defined(v[j]));
    v = next;
  });
  const got = run(text, { Z: rows, w0: start }, { k: '2', n: '3', f: '2' }).w as number[];
  got.forEach((x, j) => {
    expect(x).toBeCloseTo(defined(w[j]), 12);
  });
});
