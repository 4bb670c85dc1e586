import { describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { flat, type Nested, nested, places, run } from './support.ts';

type Tensor = { readonly shape: readonly number[]; readonly data: readonly number[] };

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A tensor of distinct small integers, so that every wrong index changes the result. */
const numbers = (shape: readonly number[], seed: number): Tensor => ({
  shape,
  data: Array.from({ length: size(shape) }, (_, i) => ((i * 7 + seed * 5) % 23) - 11 || 12),
});

const at = ({ shape, data }: Tensor, index: readonly number[]): number =>
  defined(data[index.reduce((offset, i, axis) => offset * defined(shape[axis]) + i, 0)]);

const indices = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>(
    (all, extent) =>
      all.flatMap((index) => Array.from({ length: extent }, (_, i) => [...index, i])),
    [[]],
  );

const build = (shape: readonly number[], value: (index: readonly number[]) => number): Tensor => ({
  shape,
  data: indices(shape).map(value),
});

/**
 * NumPy's matmul, element by element: it pads vectors, repeats the batch axis, sums, and drops the
 * padding.
 */
function matmul(a: Tensor, b: Tensor): Tensor {
  const [rowVector, columnVector] = [a.shape.length === 1, b.shape.length === 1];
  const left = rowVector ? [1, ...a.shape] : a.shape;
  const right = columnVector ? [...b.shape, 1] : b.shape;
  const [m, inner] = left.slice(-2) as [number, number];
  const n = defined(right.at(-1));
  const batches = [left, right].flatMap((shape) => (shape.length === 3 ? [defined(shape[0])] : []));
  const batch = batches.length > 0 ? [Math.max(...batches)] : [];
  const pick = (t: Tensor, padded: readonly number[], bare: readonly number[], index: number[]) =>
    at(
      { shape: padded, data: t.data },
      padded.length === 3 ? [padded[0] === 1 ? 0 : defined(bare[0]), ...index] : index,
    );
  const full = build([...batch, m, n], (index) => {
    const [i, j] = index.slice(-2) as [number, number];
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum += pick(a, left, index, [i, k]) * pick(b, right, index, [k, j]);
    return sum;
  });
  const shape = [...batch, ...(rowVector ? [] : [m]), ...(columnVector ? [] : [n])];
  return { shape, data: full.data };
}

/** An elementwise operation with NumPy's broadcasting, computed element by element. */
function elementwise(a: Tensor, b: Tensor, f: (x: number, y: number) => number): Tensor {
  const rank = Math.max(a.shape.length, b.shape.length);
  const pad = (shape: readonly number[]) => [
    ...new Array<number>(rank - shape.length).fill(1),
    ...shape,
  ];
  const [p, q] = [pad(a.shape), pad(b.shape)];
  const shape = p.map((extent, axis) => Math.max(extent, defined(q[axis])));
  const read = (t: Tensor, padded: readonly number[], index: readonly number[]) =>
    at(
      { shape: padded, data: t.data },
      index.map((i, axis) => (padded[axis] === 1 ? 0 : i)),
    );
  return build(shape, (index) => f(read(a, p, index), read(b, q, index)));
}

const declare = (name: string, secrecy: string, { shape }: Tensor): string =>
  `input ${name}: ${secrecy}${shape.length > 0 ? `[${shape.join(', ')}]` : ''};`;

/** Returns a tensor in the notation of the language. */
const literal = (value: Nested): string =>
  typeof value === 'number' ? `${value}` : `[${value.map(literal).join(', ')}]`;

/** Each operand as cipher value, plain value and constant. */
function everyWay(a: Tensor, b: Tensor, expression: (x: string, y: string) => string): Nested[] {
  return [
    ['cipher', 'cipher'],
    ['cipher', 'plain'],
    ['const', 'cipher'],
    ['plain', 'const'],
    ['const', 'const'],
  ].map((kinds) => {
    const items = [a, b].map((tensor, i) =>
      kinds[i] === 'const'
        ? `const ${'ab'[i]} = ${literal(nested(tensor))};`
        : declare(defined('ab'[i]), defined(kinds[i]), tensor),
    );
    const text = `${items.join(' ')} output y = ${expression('a', 'b')};`;
    return defined(run(text, { a: nested(a), b: nested(b) }).y);
  });
}

describe('@ is the matrix product of NumPy', () => {
  test.each([
    [[3], [3]],
    [[1], [1]],
    [[2, 3], [3]],
    [[1, 3], [3]],
    [[2], [2, 3]],
    [[2], [2, 1]],
    [
      [2, 3],
      [3, 4],
    ],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [4, 1],
      [1, 2],
    ],
    [[2, 3, 4], [4]],
    [[3], [2, 3, 4]],
    [
      [2, 3, 4],
      [4, 2],
    ],
    [
      [2, 3],
      [4, 3, 2],
    ],
    [
      [2, 3, 4],
      [2, 4, 3],
    ],
    [
      [1, 3, 4],
      [2, 4, 3],
    ],
    [
      [2, 3, 4],
      [1, 4, 3],
    ],
    [
      [1, 2, 3],
      [1, 3, 2],
    ],
    [[1, 2, 3], [3]],
  ])('%j @ %j', (left, right) => {
    const [a, b] = [numbers(left, 1), numbers(right, 2)];
    const product = nested(matmul(a, b));
    for (const result of everyWay(a, b, (x, y) => `${x} @ ${y}`)) expect(result).toEqual(product);
  });

  test.each([
    [[2], [3]],
    [[1], [3]],
    [[2, 3], [2]],
    [[2], [3, 2]],
    [
      [2, 1],
      [3, 2],
    ],
    [
      [2, 3],
      [1, 3],
    ],
    [[2, 3, 4], [3]],
    [
      [2, 3, 4],
      [3, 4, 5],
    ],
    [
      [2, 3, 4],
      [3, 4],
    ],
  ])('%j @ %j is refused: only the first of three axes is stretched', (left, right) => {
    const text = [
      declare('a', 'cipher', numbers(left, 1)),
      declare('b', 'cipher', numbers(right, 2)),
      'output y = a @ b;',
    ].join('\n');
    expect(places(text)).toEqual(['3:12 shape-mismatch "a @ b"']);
  });

  test('a chain multiplies from the left, with * and / at the same precedence', () => {
    const text = 'input M: cipher[2, 3]; input v: plain[3]; output y = 2 * M @ v / 4 * [1, 10];';
    expect(
      run(text, {
        M: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        v: [1, 1, 1],
      }).y,
    ).toEqual([3, 75]);
  });
});

describe('dot and outer', () => {
  test.each([[1], [2], [5]])('of vectors of %i', (n) => {
    const [a, b] = [numbers([n], 3), numbers([n], 4)];
    for (const result of everyWay(a, b, (x, y) => `dot(${x}, ${y})`))
      expect(result).toBe(matmul(a, b).data[0]);
  });

  test('outer of vectors of different lengths', () => {
    const [a, b] = [numbers([2], 3), numbers([3], 4)];
    const product = nested(
      build([2, 3], ([i, j]) => defined(a.data[defined(i)]) * defined(b.data[defined(j)])),
    );
    for (const result of everyWay(a, b, (x, y) => `outer(${x}, ${y})`))
      expect(result).toEqual(product);
  });
});

describe("+, -, * and / broadcast by NumPy's rules", () => {
  const shapes = [[], [1], [3], [1, 1], [1, 3], [2, 1], [2, 3], [1, 1, 3], [4, 1, 1], [4, 2, 3]];
  const pairs = shapes.flatMap((a) => shapes.map((b) => [a, b] as const));
  test.each(pairs)('%j and %j', (left, right) => {
    const [a, b] = [numbers(left, 1), numbers(right, 6)];
    const divisor = { ...b, data: b.data.map((x) => x || 1) };
    const divided = defined(
      run(`${declare('a', 'cipher', a)} ${declare('b', 'plain', b)} output y = a / b;`, {
        a: nested(a),
        b: nested(divisor),
      }).y,
    );
    const quotients = elementwise(a, divisor, (x, y) => x / y).data;
    flat(divided).forEach((x, i) => {
      expect(x).toBeCloseTo(defined(quotients[i]), 12);
    });
    for (const [op, f] of [
      ['+', (x: number, y: number) => x + y],
      ['-', (x: number, y: number) => x - y],
      ['*', (x: number, y: number) => x * y],
    ] as const) {
      const expected = nested(elementwise(a, b, f));
      for (const result of everyWay(a, b, (x, y) => `${x} ${op} ${y}`))
        expect(result).toEqual(expected);
    }
  });

  test.each([
    [[2], [3]],
    [[2, 3], [2]],
    [
      [2, 3],
      [3, 2],
    ],
    [
      [4, 2, 3],
      [4, 1],
    ],
    [
      [2, 2, 3],
      [4, 2, 3],
    ],
  ])('%j and %j clash', (left, right) => {
    const items = [
      declare('a', 'cipher', numbers(left, 1)),
      declare('b', 'plain', numbers(right, 1)),
    ];
    for (const op of ['+', '-', '*', '/']) {
      const text = [...items, `output y = a ${op} b;`].join('\n');
      expect(places(text)).toEqual([`3:12 shape-mismatch "a ${op} b"`]);
    }
  });
});
