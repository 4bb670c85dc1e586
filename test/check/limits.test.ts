import { describe, expect, test } from 'vitest';
import { diagnostics, run } from './support.ts';

const inputs = 'input x: cipher; input v: cipher[3];';

/** Returns functions f0 … f(count - 1); `body` writes each from the name of the one before. */
const functions = (count: number, body: (previous: string) => string): string =>
  Array.from({ length: count }, (_, i) =>
    i === 0 ? 'fn f0(a) = a;' : `fn f${i}(a) ${body(`f${i - 1}`)}`,
  ).join(' ');

const nestedLoops = (depth: number, body: string): string =>
  `${Array.from({ length: depth }, (_, i) => `for i${i} in 0..1 {`).join(' ')} ${body} ${'}'.repeat(depth)}`;

/** A text of a few lines can require any amount of work; it must still be refused quickly. */
describe('refused within seconds', () => {
  test.each([
    ['an endless loop', 'for t in 0..1000000000 { }', 'too-large'],
    [
      'an endless loop that computes',
      'for t in 0..9007199254740991 { let z = x * v; }',
      'too-large',
    ],
    ['loops in loops', 'for i in 0..100000 { for j in 0..100000 { } }', 'too-large'],
    ['a loop beyond all integers', 'for t in 0..1e300 { }', 'not-integer'],
    [
      'calls that double',
      `${functions(60, (f) => `= ${f}(a) + ${f}(a);`)} let z = f59(x);`,
      'too-large',
    ],
    [
      'a chain of calls',
      `${functions(2000, (f) => `= ${f}(a) + 1;`)} let z = f1999(x);`,
      'too-deep',
    ],
    [
      'a chain of calls in loops',
      `${functions(300, (f) => `{ var r = a; ${nestedLoops(60, `r = ${f}(r);`)} return r; }`)} let z = f299(x);`,
      'too-deep',
    ],
    ['zeros without end', 'let z = x * zeros(1000000000);', 'tensor-too-large'],
    ['zeros beyond all integers', 'let z = x * zeros(1e30);', 'not-integer'],
    ['a square of zeros', 'let z = x * zeros(100000, 100000, 100000);', 'tensor-too-large'],
    ['a huge identity', 'let z = x * eye(1000000);', 'tensor-too-large'],
    ['a huge input', 'input Z: cipher[100000, 100000, 100000];', 'tensor-too-large'],
    ['a huge product', 'input u: cipher[10000]; let z = outer(u, u);', 'tensor-too-large'],
    [
      'a constant that doubles',
      'var w = [1]; for t in 0..1000 { w = concat(w, w); }',
      'tensor-too-large',
    ],
    [
      'a vector that doubles',
      'var w = v; for t in 0..1000 { w = concat(w, w); }',
      'tensor-too-large',
    ],
    ['a product of constants', 'const a = ones(1000, 1000); const b = a @ a;', 'too-large'],
    ['constants in a loop', 'for t in 0..1000000 { let z = sum(ones(1000, 1000)); }', 'too-large'],
    ['a power of a constant', 'let z = x * 2^9007199254740991;', 'constant-overflow'],
    ['an exponent beyond all integers', 'let z = x^1e300;', 'not-integer'],
  ])('%s', (_, body, code) => {
    expect(diagnostics(`${inputs} ${body} output last = x;`).map((d) => d.code)).toEqual([code]);
  });
});

describe('accepted', () => {
  test.each([
    [
      '300 calls inside each other',
      `${functions(300, (f) => `= ${f}(a) + 1;`)} output y = f299(x);`,
      300,
    ],
    [
      '100 loops inside each other',
      `var w = x; ${nestedLoops(100, 'w = w + 1;')} output y = w;`,
      2,
    ],
    ['100,000 iterations', 'var w = x; for t in 0..100000 { w = w + 1; } output y = w;', 100_001],
    ['100 brackets', `output y = ${'(1 + '.repeat(100)}x${')'.repeat(100)};`, 101],
    ['a sum of 100,000', `output y = x${' + x'.repeat(100_000)};`, 100_001],
    ['a number of 100,000 digits', `output y = x * 0.${'3'.repeat(100_000)};`, 1 / 3],
    ['a million elements', 'output y = x * sum(ones(1000, 1000));', 1_000_000],
    [
      'a table that is looked up',
      'const t = ones(100000); var s = 0; for i in 0..20000 { s = s + t[5 * i]; } output y = s;',
      20_000,
    ],
    ['constants that multiply', 'const a = ones(200, 200); output y = x * (a @ a)[7, 9];', 200],
    ['a huge power', 'output y = x^9007199254740991;', 1],
    ['numbers that underflow', 'output y = x + 1e-400;', 1],
  ])('%s', (_, body, expected) => {
    expect(run(`${inputs} ${body}`).y).toBe(expected);
  });
});
