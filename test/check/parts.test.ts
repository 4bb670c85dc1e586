import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { diagnostics, flat, type Nested, nested, run, types } from './support.ts';

const prelude = 'input x: cipher; input p: plain; input v: cipher[4]; input M: cipher[2, 3];';
/** Returns output y of a program with x = p = 1, v = [1, 2, 3, 4], M = [[1, 2, 3], [4, 5, 6]]. */
const value = (body: string) => run(`${prelude} ${body} output y = r;`).y;
const type = (body: string) => types(`${prelude} ${body} output y = r;`).y;
const codes = (body: string): readonly string[] =>
  diagnostics(`${prelude} ${body} output last = x;`).map(({ code }) => code);

describe('v[i] = e assigns a part of a var', () => {
  test.each([
    ['var r = v; r[2] = 9;', [1, 2, 9, 4]],
    ['var r = v; r[0] = 9*x; r[3] = 8;', [9, 2, 3, 8]],
    ['var r = v; r[3] = 8; r[0] = 9*x;', [9, 2, 3, 8]],
    ['var r = v; r[1..3] = [7, 8];', [1, 7, 8, 4]],
    ['var r = v; r[..] = 5;', [5, 5, 5, 5]],
    ['var r = v; r[..2] = v[2..];', [3, 4, 3, 4]],
    ['var r = v; r[..4..2] = [7, 8];', [7, 2, 8, 4]],
    ['var r = v; r[1..4..2] *= 10;', [1, 20, 3, 40]],
    ['var r = v; r[1] += r[0]; r[2] += r[1]; r[3] += r[2];', [1, 3, 6, 10]],
    ['var r = v; r[..3] = r[1..];', [2, 3, 4, 4]],
    ['var r = v; r[1..] = r[..3];', [1, 1, 2, 3]],
    // Overlapping parts, in any order.
    ['var r = v; r[0..3] = 7; r[1..4] = 8;', [7, 8, 8, 8]],
    ['var r = v; r[1..4] = 8; r[0..3] = 7;', [7, 7, 7, 8]],
    ['var r = v; r[1] = 9; r[..] = 0; r[2] = 5;', [0, 0, 5, 0]],
    ['var r = v; r[..4..2] = 7; r[..4..3] = 8;', [8, 2, 7, 8]],
    ['var r = v; r[..4..3] = 8; r[..4..2] = 7;', [7, 2, 7, 8]],
    ['var r = v; r[1] = 5; r[1] = 6; r[1] -= 1;', [1, 5, 3, 4]],
    ['var r = v; r[2..2] = zeros(0); r[4..] = 3;', [1, 2, 3, 4]],
    ['var r = zeros(3); r[1] = x;', [0, 1, 0]],
    ['var r = zeros(1); r[0] = x;', [1]],
    ['var r = [x]; r[..] = [3];', [3]],
    // The whole var, after its parts.
    ['var r = v; r[1] = 9; r = r + 1; r[0] = 0;', [0, 10, 4, 5]],
    ['var r = v; r[1] = 9; r = 5;', 5],
    ['var r = v; r[1] = 9; r += r;', [2, 18, 6, 8]],
    ['var r = v; let a = r; r[1] = 9; r[0] = sum(a);', [10, 9, 3, 4]],
  ] as const)('%s', (body, expected) => {
    expect(value(body)).toEqual(expected);
  });

  test.each([
    [
      'var r = M; r[1] = [7, 8, 9];',
      [
        [1, 2, 3],
        [7, 8, 9],
      ],
    ],
    [
      'var r = M; r[1] = 7;',
      [
        [1, 2, 3],
        [7, 7, 7],
      ],
    ],
    [
      'var r = M; r[.., 1] = [7, 8];',
      [
        [1, 7, 3],
        [4, 8, 6],
      ],
    ],
    [
      'var r = M; r[.., 1] = 7*x;',
      [
        [1, 7, 3],
        [4, 7, 6],
      ],
    ],
    [
      'var r = M; r[..] = [7, 8, 9];',
      [
        [7, 8, 9],
        [7, 8, 9],
      ],
    ],
    [
      'var r = M; r[.., 1..] = [[7], [8]];',
      [
        [1, 7, 7],
        [4, 8, 8],
      ],
    ],
    [
      'var r = M; r[1, 2] = 9; r[.., ..3..2] += 10;',
      [
        [11, 2, 13],
        [14, 5, 19],
      ],
    ],
    [
      'var r = M; r[0] = 7; r[.., 0] = 8; r[0, 0] = 9;',
      [
        [9, 7, 7],
        [8, 5, 6],
      ],
    ],
    [
      'var r = M.T; r[1] = [7, 8]; r[.., 1] *= 2;',
      [
        [1, 8],
        [7, 16],
        [3, 12],
      ],
    ],
    [
      'var r = [M, M]; r[.., 1, 2] = [x, 9]; r[1, .., 0] = 7;',
      [
        [
          [1, 2, 3],
          [4, 5, 1],
        ],
        [
          [7, 2, 3],
          [7, 5, 9],
        ],
      ],
    ],
    ['var r = [[[v]]]; r[.., 0, 0, 2] = 9; r[0, .., .., ..1] = x - 1;', [[[[0, 2, 9, 4]]]]],
  ] as const)('of more axes: %s', (body, expected) => {
    expect(value(body)).toEqual(expected);
  });

  test('in loops, of which each reads what the one before has assigned', () => {
    expect(value('var r = v; for i in 1..4 { r[i] = r[i] + 2*r[i - 1]; }')).toEqual([1, 4, 11, 26]);
    expect(value('var r = v; for i in 1..4 { r[i] += r[i - 1]; }')).toEqual([1, 3, 6, 10]);
    expect(
      value('var r = zeros(5); r[0] = x; r[1] = x; for i in 2..5 { r[i] = r[i - 1] + r[i - 2]; }'),
    ).toEqual([...[1, 1, 2, 3, 5]]);
    expect(
      value(
        'var r = zeros(2, 3); for i in 0..2 { for j in 0..3 { r[i, j] = M[1 - i, j] * v[j]; } }',
      ),
    ).toEqual([
      [4, 10, 18],
      [1, 4, 9],
    ]);
    expect(
      value(
        'var r = M; for j in 1..3 { r[.., j] += r[.., j - 1]; } for i in 1..2 { r[i] += r[i - 1]; }',
      ),
    ).toEqual([
      [1, 3, 6],
      [5, 12, 21],
    ]);
    expect(value('var r = v; for t in 0..3 { for i in 0..3 { r[i] = r[i + 1]; } }')).toEqual([
      ...[4, 4, 4, 4],
    ]);
  });

  test('under if, in functions, and in functions that are called in between', () => {
    expect(
      value('var r = v; for i in 0..4 { if i % 2 == 1 { r[i] = 0; } else { r[i] *= 2; } }'),
    ).toEqual([...[2, 0, 6, 0]]);
    const f = 'fn f(a) { var w = a; for i in 1..len(a) { w[i] += w[i - 1]; } w[0] = 0; return w; }';
    expect(value(`${f} let r = f(v) + f(2*v);`)).toEqual([0, 9, 18, 30]);
    expect(value(`${f} let r = f(f(v));`)).toEqual([0, 3, 9, 19]);
    expect(value(`${f} var r = v; r[1..3] = f(r[..2]); r[3] = sum(f(r));`)).toEqual([1, 0, 3, 13]);
    expect(value('var r = v; fn g(a) = a + r[1]; r[1] = 9; r[0] = g(r[2]);')).toEqual([
      12, 9, 3, 4,
    ]);
    expect(codes('var w = v; fn f(a) { w[0] = a; return a; }')).toEqual(['global-assigned']);
  });

  test('and a part that was assigned is read as it is: with its secrecy', () => {
    const reads = 'var r = v; r[1] = 2; r[2] = p;';
    expect(
      types(`${prelude} ${reads} output a = r[1]; output b = r[2]; output c = r[3]; output y = r;`),
    ).toEqual({ a: 'const', b: 'plain', c: 'cipher', y: 'cipher[4]' });
    expect(value(`${reads} r[3] = v[r[1]];`)).toEqual([1, 2, 1, 3]);
    expect(type('var r = v; r[..] = zeros(4);')).toBe('const[4]');
    expect(type('var r = zeros(2); r[0] = p;')).toBe('plain[2]');
  });

  test('a mistake is reported once, and not its consequences', () => {
    expect(codes('var w = v; w[0] = 1 / x; let a = w + 1; let b = w[0]; w[1] = 2;')).toEqual([
      'division-by-cipher',
    ]);
    expect(codes('var w = v; w[9] = 1; w[x] = 2; let a = w + 1;')).toEqual([
      ...['index-out-of-range', 'not-constant'],
    ]);
  });
});

/** One index or slice of an axis. */
interface Part {
  readonly text: string;
  readonly indices: readonly number[];
  readonly isIndex: boolean;
}

const partOf = (extent: number): fc.Arbitrary<Part> =>
  fc.oneof(
    fc.constant({ text: '..', indices: [...new Array(extent).keys()], isIndex: false }),
    fc.nat(extent - 1).map((i) => ({ text: `${i}`, indices: [i], isIndex: true })),
    fc.tuple(fc.nat(extent), fc.nat(extent), fc.integer({ min: 1, max: 3 })).map(([a, b, step]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const indices = [...new Array(extent).keys()].filter(
        (i) => i >= from && i < to && (i - from) % step === 0,
      );
      return { text: `${from}..${to}${step > 1 ? `..${step}` : ''}`, indices, isIndex: false };
    }),
  );

const STEPS = ['=', '+=', '-=', '*=', 'read'] as const;

/** Parts of a tensor that are assigned or read one after the other. */
const history = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.array(
        fc.tuple(
          fc.constantFrom(...STEPS),
          fc.tuple(...shape.map(partOf)),
          fc.constantFrom('scalar', 'whole'),
          fc.constantFrom('cipher', 'plain', 'const'),
        ),
        { minLength: 1, maxLength: 6 },
      ),
    ),
  );

/** Returns the row-major places of the elements that parts select. */
function placesOf(shape: readonly number[], parts: readonly Part[]): readonly number[] {
  return parts.reduce<readonly number[]>(
    (places, { indices }, axis) =>
      places.flatMap((place) => indices.map((i) => place * defined(shape[axis]) + i)),
    [0],
  );
}

test('random parts: the program assigns what a list of numbers would', () => {
  fc.assert(
    fc.property(history, ([shape, steps]) => {
      const size = shape.reduce((n, extent) => n * extent, 1);
      const whole = Array.from({ length: size }, (_, i) => i + 1);
      const lines = [`input w: cipher[${shape.join(', ')}];`, 'var r = w;'];
      const inputs: Record<string, Nested> = { w: nested({ shape, data: whole }) };
      const expected: Record<string, readonly number[]> = {};
      steps.forEach(([step, parts, extent, kind], i) => {
        const places = placesOf(shape, parts);
        const part = `r[${parts.map(({ text }) => text).join(', ')}]`;
        if (step === 'read') {
          if (places.length === 0) return;
          lines.push(`output y${i} = ${part};`);
          expected[`y${i}`] = places.map((place) => defined(whole[place]));
          return;
        }
        const own = extent === 'scalar' ? [] : parts.filter(({ isIndex }) => !isIndex);
        const ownShape = own.map(({ indices }) => indices.length);
        const count = ownShape.reduce((n, length) => n * length, 1);
        if (count === 0) return;
        const data = Array.from({ length: count }, (_, k) => 2 + ((i + 3 * k) % 5));
        const numbers = nested({ shape: ownShape, data });
        inputs[`e${i}`] = numbers;
        lines.push(
          kind === 'const'
            ? `const e${i} = ${JSON.stringify(numbers)};`
            : `input e${i}: ${kind}${ownShape.length > 0 ? JSON.stringify(ownShape) : ''};`,
          `${part} ${step} e${i};`,
        );
        places.forEach((place, k) => {
          const [before, by] = [defined(whole[place]), defined(data[own.length > 0 ? k : 0])];
          const after = { '=': by, '+=': before + by, '-=': before - by, '*=': before * by };
          whole[place] = after[step];
        });
      });
      lines.push('output r;');
      const outputs = run(lines.join('\n'), inputs);
      for (const [name, numbers] of Object.entries({ ...expected, r: whole }))
        expect(flat(defined(outputs[name])), lines.join('\n')).toEqual(numbers);
    }),
    { numRuns: 300 },
  );
});
