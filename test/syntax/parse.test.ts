import { describe, expect, it } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { bare, errors, parseText, showExpr, showProgram } from './support.ts';

/** The value of `let x = …;`, which must be correct. */
function expr(text: string): string {
  const whole = `let x = ${text};`;
  expect(errors(whole)).toEqual([]);
  const [item] = parseText(whole).program.items;
  if (item?.kind !== 'let') throw new Error(`no let in ${whole}`);
  return showExpr(item.value);
}

describe('expressions', () => {
  it.each([
    ['-x^2', '(neg (pow x 2))'],
    ['(-x)^2', '(pow (group (neg x)) 2)'],
    ['2^-1', '(pow 2 (neg 1))'],
    ['2^-x^3', '(pow 2 (neg (pow x 3)))'],
    ['x^y^z', '(pow x (pow y z))'],
    ['a - b - c', '(a - b - c)'],
    ['a - (b - c)', '(a - (group (b - c)))'],
    ['a + b*c - d/e@f', '(a + (b * c) - (d / e @ f))'],
    ['a*-b', '(a * (neg b))'],
    ['a--b', '(a - (neg b))'],
    ['--a', '(neg (neg a))'],
    ['-a*b', '((neg a) * b)'],
    ['-a + b', '((neg a) + b)'],
    ['a^2*b', '((pow a 2) * b)'],
    ['x.T@y', '((T x) @ y)'],
    ['-x.T', '(neg (T x))'],
    ['x.T^2', '(pow (T x) 2)'],
    ['Z[t].T', '(T (at Z t))'],
    ['x[0][1].T.T', '(T (T (at (at x 0) 1)))'],
    ['x[i + 1, 0..k, ..k, k.., ..]', '(at x (i + 1) 0..k ..k k.. ..)'],
    ['x[0..n - 1]', '(at x 0..(n - 1))'],
    ['f()', '(call f)'],
    ['f(x, [1, 2])', '(call f x [1 2])'],
    ['f(x)[0]', '(at (call f x) 0)'],
    ['[[1, 2], [3, 4]][0]', '(at [[1 2] [3 4]] 0)'],
    ['(a)(b)'.slice(0, 3), '(group a)'],
    ['1.T', '(T 1)'],
    ['0.001593', '0.001593'],
    ['1e3 + 1.5E-07', '(1e3 + 1.5E-07)'],
    ['inn + iffy + T + _', '(inn + iffy + T + _)'],
    ['a /* b */ + // c\n d', '(a + d)'],
    ['a//**/\n/b', '(a / b)'],
  ])('%j is %s', (text, tree) => {
    expect(expr(text)).toBe(tree);
  });

  it('lex 0..k as a range', () => {
    expect(showProgram('for t in 0..k { } for t in 1.5..2.5 { } for t in a..b { }')).toEqual([
      '(for t 0 k)',
      '(for t 1.5 2.5)',
      '(for t a b)',
    ]);
  });
});

describe('items', () => {
  it.each([
    ['scheme ckks;', '(scheme ckks)'],
    ['scheme bfv(t = 65537);', '(scheme bfv t=65537)'],
    ['scheme bgv(t=65537, x=1e3);', '(scheme bgv t=65537 x=1e3)'],
    ['param k = 6;', '(param k 6)'],
    ['const a = [0.5, -1];', '(const a [0.5 (neg 1)])'],
    ['input x: cipher;', '(input x cipher [])'],
    ['input x: plain[2, n + 1, 3];', '(input x plain [2 (n + 1) 3])'],
    ['input x: cipher within [-1, 2*b];', '(input x cipher [] within (neg 1) (2 * b))'],
    ['input x: cipher[4] within [0, 1];', '(input x cipher [4] within 0 1)'],
    ['fn f() = 3;', '(fn f () 3)'],
    ['fn f(x, y) = x*y;', '(fn f (x y) (x * y))'],
    ['fn f(x) { return x; }', '(fn f (x) x)'],
    [
      'fn f(x) { let y = x; y = 2; for i in 0..2 { y = i; } return y; }',
      '(fn f (x) (let y x) (assign y 2) (for i 0 2 (assign y i)) y)',
    ],
    ['let y = x;', '(let y x)'],
    ['var y = x;', '(var y x)'],
    ['y = x;', '(assign y x)'],
    ['for i in 0..n { for j in i..n { x = j; } }', '(for i 0 n (for j i n (assign x j)))'],
    ['output y;', '(output y)'],
    ['output y = x + 1;', '(output y (x + 1))'],
  ])('%s', (text, tree) => {
    expect(errors(text)).toEqual([]);
    expect(showProgram(text)).toEqual([tree]);
  });

  it('come in any order and number', () => {
    expect(showProgram('')).toEqual([]);
    expect(showProgram('// only a comment')).toEqual([]);
    expect(showProgram('output y; let x = 1; scheme ckks;')).toEqual([
      '(output y)',
      '(let x 1)',
      '(scheme ckks)',
    ]);
  });
});

describe('the tree', () => {
  it('has the shape that ast.ts gives it, with spans', () => {
    expect(parseText('let y = x[..2];').program).toEqual({
      items: [
        {
          kind: 'let',
          name: { name: 'y', span: { start: 4, end: 5 } },
          value: {
            kind: 'index',
            base: { kind: 'name', name: 'x', span: { start: 8, end: 9 } },
            indices: [
              {
                kind: 'slice',
                to: { kind: 'number', text: '2', span: { start: 12, end: 13 } },
                span: { start: 10, end: 13 },
              },
            ],
            span: { start: 8, end: 14 },
          },
          span: { start: 0, end: 15 },
        },
      ],
    });
  });

  it('marks the whole of chains, groups and calls', () => {
    const text = 'let y = (a - b)*f(c) + -d^2;';
    const [item] = parseText(text).program.items;
    if (item?.kind !== 'let' || item.value.kind !== 'sum') throw new Error('not a sum');
    const textOf = ({ span }: { span: { start: number; end: number } }) =>
      text.slice(span.start, span.end);
    expect(textOf(item.value)).toBe('(a - b)*f(c) + -d^2');
    expect(textOf(item.value.first)).toBe('(a - b)*f(c)');
    expect(textOf(defined(item.value.rest[0]).operand)).toBe('-d^2');
  });

  it('has no undefined fields: an output without a value has no field for it', () => {
    const { items } = parseText('output y; input x: cipher;').program;
    expect(Object.keys(defined(items[0]))).toEqual(['kind', 'name', 'span']);
    expect(Object.keys(defined(items[1]))).toEqual(['kind', 'name', 'secrecy', 'shape', 'span']);
  });
});

describe('encodings', () => {
  it('takes CRLF and a byte order mark for blanks', () => {
    const unix = parseText('param k = 6;\nlet y = k;\n');
    const windows = parseText('\ufeffparam k = 6;\r\nlet y = k;\r\n');
    expect(windows.diagnostics).toEqual([]);
    expect(bare(windows.program)).toEqual(bare(unix.program));
    expect(defined(windows.program.items[0]).span).toEqual({ start: 1, end: 13 });
  });

  it('takes anything in comments', () => {
    expect(errors('/* “×” \0 é */ let y = 3; // – … ½ <')).toEqual([]);
  });

  it('refuses a byte order mark elsewhere', () => {
    expect(errors('let y = \ufeff3;')).toEqual([
      '1:9 lookalike-character «\ufeff» U+FEFF is not a blank here | write an ordinary space',
    ]);
  });
});

it('gives the same answer every time', () => {
  const broken = 'let x = (1; for t in 0..2 { output y; } fn f(';
  const first = parseText(broken);
  parseText('let y = 3;');
  expect(parseText(broken)).toEqual(first);
});
