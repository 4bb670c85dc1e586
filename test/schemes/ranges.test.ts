import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import type { CkksOp, CkksSketch } from '../../src/plan/plan.ts';
import { analyzeRanges } from '../../src/schemes/ckks/value-bounds.ts';
import { scalarMap, sketchOf, vectorMap } from '../backends/plans.ts';

function scalarSketch(range: [number, number], ops: CkksOp[]): CkksSketch {
  return sketchOf({
    slots: 1,
    inputs: [
      { name: 'x', secrecy: 'cipher', shape: [], range },
      { name: 'p', secrecy: 'plain', shape: [], range },
    ],
    ops,
    outputs: [{ name: 'y', shape: [], value: ops.length - 1, map: scalarMap }],
  });
}

function lastInterval(sketch: CkksSketch): [number, number] {
  const { low, high } = analyzeRanges(sketch);
  return [defined(low.at(-1)), defined(high.at(-1))];
}

const x: CkksOp = { op: 'upload', input: 'x', map: scalarMap, level: 1 };
const p: CkksOp = { op: 'plainInput', input: 'p', map: scalarMap };

test('a square is not negative, a product may be', () => {
  const square: CkksOp = { op: 'mul', args: [0, 0], level: 1 };
  expect(lastInterval(scalarSketch([-3, 2], [x, square]))).toEqual([0, 9]);
  expect(lastInterval(scalarSketch([-3, -2], [x, square]))).toEqual([4, 9]);
  const other: CkksOp = { op: 'mul', args: [0, 1], level: 1 };
  expect(lastInterval(scalarSketch([-3, 2], [x, x, other]))).toEqual([-6, 9]);
});

test('sums, differences and constants', () => {
  const ops: CkksOp[] = [
    x,
    { op: 'const', data: [5] },
    { op: 'subPlain', args: [0, 1], level: 1 },
    { op: 'negate', args: [2], level: 1 },
    { op: 'add', args: [3, 0], level: 1 },
  ];
  expect(lastInterval(scalarSketch([1, 2], ops))).toEqual([4, 6]);
});

test('an upload is scaled by its factor', () => {
  expect(lastInterval(scalarSketch([-1, 2], [{ ...x, factor: -3 }]))).toEqual([-6, 3]);
});

test('zeros beside the data are in the range, unless the data fill all slots', () => {
  const upload: CkksOp = { op: 'upload', input: 'v', map: vectorMap(3), level: 1 };
  const of = (slots: number, map: typeof upload.map, factor?: number[]) =>
    lastInterval(
      sketchOf({
        slots,
        inputs: [{ name: 'v', secrecy: 'cipher', shape: [4], range: [2, 4] }],
        ops: [{ ...upload, map, ...(factor ? { factor } : {}) }],
        outputs: [{ name: 'y', shape: [4], value: 0, map }],
      }),
    );
  expect(of(4, vectorMap(3))).toEqual([0, 4]);
  expect(of(4, vectorMap(4))).toEqual([2, 4]);
  // Two elements, each copied twice, fill four slots; in eight they do not.
  const copied = { ...vectorMap(2), copies: [{ count: 2, stride: 2 }] };
  expect(of(4, copied)).toEqual([2, 4]);
  expect(of(8, copied)).toEqual([0, 4]);
  // Elements in the first and the last slot, with two zeros between them.
  expect(of(4, { ...vectorMap(2), strides: [3] })).toEqual([0, 4]);
  // The same for the factor, which is shorter than the vector.
  expect(of(4, vectorMap(4), [-1, -1, -1])).toEqual([-4, 0]);
  expect(of(4, vectorMap(4), [-1, -1, -1, -2])).toEqual([-8, -2]);
});

test('a constant shorter than the vector has zeros in its range', () => {
  const of = (data: number[]) => {
    const ops: CkksOp[] = [
      { op: 'upload', input: 'v', map: vectorMap(4), level: 1 },
      { op: 'const', data },
      { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 },
    ];
    const inputs = [
      { name: 'v', secrecy: 'cipher' as const, shape: [4], range: [1, 2] as [number, number] },
    ];
    return lastInterval(
      sketchOf({
        slots: 4,
        inputs,
        ops,
        outputs: [{ name: 'y', shape: [4], value: 2, map: vectorMap(4) }],
      }),
    );
  };
  expect(of([3, 3, 3])).toEqual([0, 6]);
  expect(of([3, 3, 3, 3])).toEqual([3, 6]);
});

test('a rotation brings zeros to data, which an inverse then must not assume away', () => {
  const ops: CkksOp[] = [
    { op: 'plainInput', input: 'p', map: vectorMap(3) },
    { op: 'clearRotate', args: [0], steps: 1 },
    { op: 'clearInverse', args: [1], map: vectorMap(3) },
  ];
  const sketch = sketchOf({
    slots: 4,
    inputs: [{ name: 'p', secrecy: 'plain', shape: [3], range: [2, 4] }],
    ops,
    outputs: [{ name: 'y', shape: [3], value: 2, map: vectorMap(3) }],
  });
  // The third slot is 0 on all samples too, so nothing bounds its inverse.
  expect(lastInterval(sketch)).toEqual([0, Number.POSITIVE_INFINITY]);
});

test('an inverse uses only the slots that contain data', () => {
  const sketch = sketchOf({
    slots: 4,
    inputs: [{ name: 'p', secrecy: 'plain', shape: [3], range: [2, 4] }],
    ops: [
      { op: 'plainInput', input: 'p', map: vectorMap(3) },
      { op: 'clearInverse', args: [0], map: vectorMap(3) },
    ],
    outputs: [{ name: 'y', shape: [3], value: 1, map: vectorMap(3) }],
  });
  expect(lastInterval(sketch)).toEqual([0, 0.5]);
});

test('samples are used if a divisor may be zero', () => {
  const ranges = analyzeRanges(
    scalarSketch([-1, 1], [p, { op: 'clearInverse', args: [0], map: scalarMap }]),
  );
  expect(ranges.sampled[1]).toBe(1);
  expect(ranges.magnitude[1]).toBeLessThan(Number.POSITIVE_INFINITY);
});

test('bounds of correlated values stay small', () => {
  // z ← z(2 - z) thirty times stays within (0, 1], but its intervals are squared each time.
  const ops: CkksOp[] = [x, { op: 'const', data: 2 }];
  let z = 0;
  for (let i = 0; i < 30; i++) {
    const negative = ops.push({ op: 'negate', args: [z], level: 1 }) - 1;
    const factor = ops.push({ op: 'addPlain', args: [negative, 1], level: 1 }) - 1;
    z = ops.push({ op: 'mul', args: [z, factor], level: 1 }) - 1;
  }
  const ranges = analyzeRanges(scalarSketch([0.5, 1.5], ops));
  expect(ranges.sampled[z]).toBe(1);
  expect(ranges.magnitude[z]).toBeGreaterThanOrEqual(1);
  expect(ranges.magnitude[z]).toBeLessThanOrEqual(16);
  expect(ranges.expected[z]).toBeCloseTo(1, 6);
});

test('intervals that samples reach are used', () => {
  const ops: CkksOp[] = [x];
  for (let i = 0; i < 10; i++) ops.push({ op: 'mul', args: [i, i], level: 1 });
  const ranges = analyzeRanges(scalarSketch([-2, 1], ops.slice(0, 5)));
  expect(ranges.sampled[4]).toBe(0);
  expect(ranges.magnitude[4]).toBe(2 ** 16);
});

/** Returns the sum of the squares of `n` numbers, squared again `squarings` times. */
function powersOfNorm(n: number, squarings: number): CkksSketch {
  const ops: CkksOp[] = [
    { op: 'upload', input: 'v', map: vectorMap(n), level: 1 },
    { op: 'mul', args: [0, 0], level: 1 },
  ];
  for (let steps = 1; steps < n; steps *= 2) {
    const sum = ops.length - 1;
    ops.push({ op: 'rotate', args: [sum], steps, level: 1 });
    ops.push({ op: 'add', args: [sum, sum + 1], level: 1 });
  }
  for (let i = 0; i < squarings; i++)
    ops.push({ op: 'mul', args: [ops.length - 1, ops.length - 1], level: 1 });
  return sketchOf({
    slots: n,
    inputs: [{ name: 'v', secrecy: 'cipher', shape: [n], range: [-1, 1] }],
    ops,
    outputs: [{ name: 'y', shape: [n], value: ops.length - 1, map: vectorMap(n) }],
  });
}

test('corners count unless samples are few and a value is extremely large there', () => {
  // The sum is n at corners and near n/3 at random points: 3 and 3^16 = 2^25 times apart.
  expect(analyzeRanges(powersOfNorm(64, 0)).magnitude.at(-1)).toBe(64);
  const n = 2 ** 14;
  const far = analyzeRanges(powersOfNorm(n, 4));
  expect(far.sampled.at(-1)).toBe(1);
  // 16 times the largest of some tens of points.
  expect(far.magnitude.at(-1)).toBeGreaterThan(16 * (n / 3.1) ** 16);
  expect(far.magnitude.at(-1)).toBeLessThan(16 * (n / 2) ** 16);
});
