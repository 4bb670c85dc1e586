import { describe, expect, it } from 'vitest';
import { defined } from '../../src/lookup.ts';
import type { Span } from '../../src/syntax/diagnostic.ts';
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
    ['a or b and c', '(a or (b and c))'],
    ['a and b or c', '((a and b) or c)'],
    ['a and b or c and d or e', '((a and b) or (c and d) or e)'],
    ['a or b or c', '(a or b or c)'],
    ['a and b and c', '(a and b and c)'],
    ['(a or b) and c', '((group (a or b)) and c)'],
    ['not a and b', '((not a) and b)'],
    ['not a or not b', '((not a) or (not b))'],
    ['a and not not b', '(a and (not (not b)))'],
    ['not a == b', '(not (a == b))'],
    ['not a + b < c', '(not ((a + b) < c))'],
    ['a == b and c != d', '((a == b) and (c != d))'],
    ['a + b < c - d', '((a + b) < (c - d))'],
    ['a * b <= -c', '((a * b) <= (neg c))'],
    ['a > b or c >= d', '((a > b) or (c >= d))'],
    ['(a < b) == c', '((group (a < b)) == c)'],
    ['a - -b % c', '(a - ((neg b) % c))'],
    ['a * b % c / d @ e', '(a * b % c / d @ e)'],
    ['a + b % c', '(a + (b % c))'],
    ['-a % b', '((neg a) % b)'],
    ['a % b^c', '(a % (pow b c))'],
    ['f(not a, b or c)', '(call f (not a) (b or c))'],
    ['[a and b, c == d]', '[(a and b) (c == d)]'],
    ['x[a..b..s, ..n..2, a....s, ....2]', '(at x a..b..s ..n..2 a....s ....2)'],
    ['x[0 .. 10 .. 2, .. .. s]', '(at x 0..10..2 ....s)'],
    ['x[0..10..2][1....2]', '(at (at x 0..10..2) 1....2)'],
    ['x[a or b..not c..d == e]', '(at x (a or b)..(not c)..(d == e))'],
    ['load("w.npy")', '(call load "w.npy")'],
    ['load("")', '(call load "")'],
    ['load("a // b /* c \\ d")', '(call load "a // b /* c \\ d")'],
    [
      'order + android + nothing + iffy + elsewhere',
      '(order + android + nothing + iffy + elsewhere)',
    ],
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
    ['include "lib/poly.circ";', '(include "lib/poly.circ")'],
    ['fn f() = 3;', '(fn f () 3)'],
    ['fn f(x, y) = x*y;', '(fn f (x y) (x * y))'],
    ['fn f(x) { return x; }', '(fn f (x) x)'],
    [
      'fn f(x) { let y = x; y = 2; for i in 0..2 { y = i; } return y; }',
      '(fn f (x) (let y x) (assign y 2) (for i 0 2 (assign y i)) y)',
    ],
    ['let y = x;', '(let y x)'],
    ['let y = x within [-1, 1];', '(let y x within (neg 1) 1)'],
    ['let [a] = x;', '(let [a] x)'],
    ['let [a, b] = f(x);', '(let [a b] (call f x))'],
    ['let [a, b] = [x, y] within [0, 2*n];', '(let [a b] [x y] within 0 (2 * n))'],
    ['var y = x;', '(var y x)'],
    ['var y = x within [0, 1];', '(var y x within 0 1)'],
    ['y = x;', '(assign y x)'],
    ['y = x within [0, 1];', '(assign y x within 0 1)'],
    ['y += x;', '(assign+ y x)'],
    ['y -= x + 1;', '(assign- y (x + 1))'],
    ['y *= -x within [0, 1];', '(assign* y (neg x) within 0 1)'],
    ['v[i] = e;', '(assign v[i] e)'],
    ['v[a..b] = e;', '(assign v[a..b] e)'],
    ['M[i, a..b..s] += e within [0, 1];', '(assign+ M[i a..b..s] e within 0 1)'],
    ['M[..] *= 2;', '(assign* M[..] 2)'],
    ['v[w[0]] -= v[1];', '(assign- v[(at w 0)] (at v 1))'],
    ['if c { x = 1; }', '(if c {(assign x 1)})'],
    ['if a == 3 and not b { }', '(if ((a == 3) and (not b)) {})'],
    ['if c { x = 1; } else { x = 2; }', '(if c {(assign x 1)} else {(assign x 2)})'],
    [
      'if a { } else if b { let y = 1; } else if c { if d { } } else { }',
      '(if a {} b {(let y 1)} c {(if d {})} else {})',
    ],
    ['if a { } else { if b { } else { } }', '(if a {} else {(if b {} else {})})'],
    ['if (a) { for t in 0..2 { if t { } } }', '(if (group a) {(for t 0 2 (if t {}))})'],
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

  it('has the span of every part of the new statements', () => {
    const text = 'if not a == b { v[i, 1..2] += c or d within [0, 1]; } else { let [p, q] = r; }';
    const spans: string[] = [];
    const visit = (node: unknown): void => {
      if (Array.isArray(node)) node.forEach(visit);
      else if (typeof node === 'object' && node !== null) {
        const { span, kind, ...rest } = node as { span?: Span; kind?: string };
        if (span) spans.push(`${kind ?? '-'}: ${text.slice(span.start, span.end)}`);
        visit(Object.values(rest));
      }
    };
    visit(parseText(text).program.items);
    expect(spans).toEqual([
      `if: ${text}`,
      'not: not a == b',
      'comparison: a == b',
      'name: a',
      'name: b',
      'assign: v[i, 1..2] += c or d within [0, 1];',
      '-: v',
      'at: i',
      'name: i',
      'slice: 1..2',
      'number: 1',
      'number: 2',
      'logic: c or d',
      'name: c',
      'name: d',
      '-: within [0, 1]',
      'number: 0',
      'number: 1',
      'unpack: let [p, q] = r;',
      '-: p',
      '-: q',
      'name: r',
    ]);
  });

  it('marks each prefix operator with all that it applies to', () => {
    const text = 'let y = not - -a^2 + b;';
    const [item] = parseText(text).program.items;
    if (item?.kind !== 'let' || item.value.kind !== 'not') throw new Error('not a not');
    const textOf = ({ span }: { span: Span }) => text.slice(span.start, span.end);
    expect(textOf(item.value)).toBe('not - -a^2 + b');
    if (item.value.operand.kind !== 'sum') throw new Error('not a sum');
    const { first } = item.value.operand;
    expect(textOf(first)).toBe('- -a^2');
    if (first.kind !== 'negate') throw new Error('not a negation');
    expect(textOf(first.operand)).toBe('-a^2');
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
    const [assignment, branch, unpack] = parseText('y = x; if c { } let [a] = b;').program.items;
    expect(Object.keys(defined(assignment))).toEqual(['kind', 'name', 'indices', 'value', 'span']);
    expect(Object.keys(defined(branch))).toEqual(['kind', 'branches', 'span']);
    expect(Object.keys(defined(unpack))).toEqual(['kind', 'names', 'value', 'span']);
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
