import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/compile/candidate.ts';
import { compile } from '../../src/compile/compile.ts';
import { lookUp } from '../../src/lookup.ts';
import type { OptimizationLevel } from '../../src/passes/pass-list.ts';
import { eachSampled } from '../support/sampling.ts';

const X = 'input x: cipher within [-1, 1];\n';

function optimized(
  text: string,
  optimizationLevel: OptimizationLevel,
  objective: 'time' | 'depth',
): Candidate {
  const options = { optimizationLevel, aim: { objective } };
  return compile({ file: 'polynomial.circ', text }, options).optimized;
}

/** Coefficients without a pattern, between -1 and 1 and not zero. */
const coefficient = (j: number) => (((j * 7 + 3) % 11) - 5.5) / 8;

/** Which coefficients are not zero, beside the leading one. */
const KINDS: Record<string, (j: number, degree: number) => boolean> = {
  dense: () => true,
  'odd or even': (j, degree) => j % 2 === degree % 2,
  sparse: (j) => j % 3 === 1,
};

/** Degrees in the sample: around powers of two, and between. */
const FEW = [2, 3, 8, 13, 16, 31, 33, 64];

const POLYNOMIALS = Object.keys(KINDS).flatMap((kind) =>
  Array.from({ length: 63 }, (_, i) => [kind, i + 2] as const),
);

describe('poly at -O2 takes the fewest levels, and the quickest form with --objective time', () => {
  eachSampled(POLYNOMIALS, ([, degree]) => FEW.includes(degree))(
    '%s, degree %i',
    (kind, degree) => {
      const has = lookUp(new Map(Object.entries(KINDS)), kind);
      const list = Array.from({ length: degree + 1 }, (_, j) =>
        j === degree || has(j, degree) ? coefficient(j) : 0,
      );
      const text = `${X}output y = poly(x, [${list}]);`;
      const [lowest, quickest] = [optimized(text, 2, 'depth'), optimized(text, 2, 'time')];
      expect(lowest.measures.levels).toBe(Math.ceil(Math.log2(degree)));
      expect(quickest.ms).toBeLessThanOrEqual(lowest.ms as number);
    },
  );
});

describe('Chebyshev polynomials', () => {
  const recurrence = (degree: number) =>
    `const c = [${Array.from({ length: degree + 1 }, (_, j) => coefficient(j))}];
    var a = 1; var b = x; var s = c[0] + c[1]*x;
    for k in 2..${degree + 1} { let t = 2*x*b - a; s = s + c[k]*t; a = b; b = t; } output s;`;
  const sum = (degree: number) =>
    `fn T(n) { var a = 1; var b = x;
      for i in 1..n { let t = 2*x*b - a; a = b; b = t; } return b; }
    output s = ${coefficient(0)} + ${Array.from(
      { length: degree },
      (_, j) => `(${coefficient(j + 1)})*T(${j + 1})`,
    ).join(' + ')};`;
  it.each([
    ['a recurrence', recurrence],
    ['a sum of T_k', sum],
  ])('take ⌈log2 d⌉ levels and few products, written as %s', (_, text) => {
    for (const [degree, most] of [
      [7, 4],
      [15, 7],
      [31, 11],
      [63, 18],
      [127, 28],
    ] as const) {
      const { measures } = optimized(X + text(degree), 2, 'depth');
      expect(measures.levels, `degree ${degree}`).toBe(Math.ceil(Math.log2(degree)));
      expect(measures.ops.mul, `degree ${degree}`).toBeLessThanOrEqual(most);
    }
  });
});

it.each([
  [63, 18],
  [127, 27],
  [255, 37],
])('a polynomial of degree %i in powers takes at most %i products', (degree, most) => {
  const list = Array.from({ length: degree + 1 }, (_, j) => coefficient(j));
  const { measures } = optimized(`${X}output y = poly(x, [${list}]);`, 2, 'depth');
  expect(measures.levels).toBe(Math.ceil(Math.log2(degree)));
  expect(measures.ops.mul).toBeLessThanOrEqual(most);
});

it('compositions take the levels of their parts, and parameters fit', () => {
  // Polynomials of degrees 15, 15 and 27 that approximate the sign where they are composed: 4, 4
  // and 5 levels. Their powers alone would take 32 products.
  const odd = (...list: readonly number[]) => list.flatMap((c) => [0, c]).join();
  const f = odd(7.14, -94.43, 662.84, -2444.56, 5023.09, -5790.21, 3500.27, -863.41);
  const g = odd(
    ...[11.394477, -427.432139, 9213.100473, -112798.197082, 855795.424371, -4278738.024016],
    ...[14662702.279976, -35228938.174054, 59863991.686542, -71579033.084456, 58893311.098493],
    ...[-31735915.888284, 10082163.556041, -1431336.999531],
  );
  const text = `input x: cipher[8] within [-1, 1];
    output y = poly(poly(poly(x, [${f}]), [${f}]), [${g}]);`;
  const { measures, plan } = optimized(text, 2, 'time');
  expect(measures.levels).toBe(13);
  expect(measures.ops.mul).toBeLessThanOrEqual(26);
  expect(plan).toBeDefined();
});

it.each([3, 7])('a polynomial of degree %i in a matrix takes its bound in levels', (degree) => {
  const text = `input M: cipher[4, 4] within [-0.5, 0.5]; var P = eye(4);
    for i in 0..${degree} { P = 0.7*(M @ P) + eye(4); } output P;`;
  expect(optimized(text, 3, 'depth').measures.levels).toBe(Math.ceil(Math.log2(degree)));
});
