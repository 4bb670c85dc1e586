import { describe, expect, test } from 'vitest';
import { at } from '../../src/lookup.ts';
import { REALS } from '../../src/plan/clear-ops.ts';
import type { CkksOp, CkksSketch } from '../../src/plan/plan.ts';
import {
  Convergence,
  type InputSamples,
  magnitudes,
  randomNumbers,
  sampleInputs,
} from '../../src/schemes/ckks/samples.ts';
import { sketchOf, vectorMap } from '../backends/plans.ts';

type Input = CkksSketch['inputs'][number];

function sketchWith(input: Partial<Input>, operations = 1, slots = 4): CkksSketch {
  const upload: CkksOp = { op: 'upload', input: 'x', map: vectorMap(4), level: 0 };
  return sketchOf({
    slots,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [4], range: [-1, 3], ...input }],
    ops: new Array<CkksOp>(operations).fill(upload),
    outputs: [{ name: 'y', shape: [4], value: 0, map: vectorMap(4) }],
  });
}

const read = (sketch: CkksSketch, block: number, repeats = 1) => [
  ...(sampleInputs(sketch, repeats)?.read('x', block) ?? []),
];

describe('sample inputs', () => {
  const sketch = sketchWith({});

  test('are all at the upper limit, all at the lower one, then at both in turn', () => {
    expect([0, 1, 2].map((block) => read(sketch, block))).toEqual([
      [3, 3, 3, 3],
      [-1, -1, -1, -1],
      [3, -1, 3, -1],
    ]);
  });

  test('then random corners and random points alternately, always the same ones', () => {
    const isCorner = (x: number) => x === 3 || x === -1;
    for (let block = 3; block < 64; block++) {
      const data = read(sketch, block);
      expect(data.every(isCorner), `${block}`).toBe(block % 2 === 1);
      expect(data.every((x) => x >= -1 && x <= 3)).toBe(true);
      expect(read(sketch, block)).toEqual(data);
    }
    expect(sampleInputs(sketch)?.blocks).toBe(64);
  });

  test('are repeated side by side, but never fewer than four different ones', () => {
    const samples = sampleInputs(sketch, 8);
    expect([samples?.blocks, samples?.repeats]).toEqual([64, 8]);
    expect(read(sketch, 7, 8)).toEqual([3, 3, 3, 3]);
    expect(read(sketch, 8, 8)).toEqual([-1, -1, -1, -1]);
    expect(sampleInputs(sketch, 100)?.repeats).toBe(16);
  });

  test('are fewer for large plans, and none for the largest', () => {
    // 2.5e7 slots may be computed; one sample at least, up to 4e8.
    const of = (operations: number, slots: number) =>
      sampleInputs(sketchWith({}, operations, slots))?.blocks;
    expect(of(1000, 2 ** 12)).toBe(6);
    expect(of(2000, 2 ** 14)).toBe(1);
    expect(of(24_414, 2 ** 14)).toBe(1);
    expect(of(24_415, 2 ** 14)).toBeUndefined();
  });

  test('are within an eighth of typical values', () => {
    const typical = sketchWith({ typical: [1, 2, -0.5, 0] });
    for (let block = 0; block < 16; block++)
      read(typical, block).forEach((value, i) => {
        const expected = at([1, 2, -0.5, 0], i);
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(Math.abs(expected) / 8);
      });
    expect(read(typical, 0)).not.toEqual(read(typical, 1));
  });

  test('of plain inputs are never 0, which may be a divisor', () => {
    expect(read(sketchWith({ secrecy: 'plain', range: [0, 4] }), 1)).toEqual(
      new Array(4).fill(4 / 1024),
    );
    expect(read(sketchWith({ secrecy: 'plain', range: [-4, 0] }), 0)).toEqual(
      new Array(4).fill(-4 / 1024),
    );
    expect(read(sketchWith({ range: [0, 4] }), 1)).toEqual([0, 0, 0, 0]);
  });
});

describe('samples at which an iteration diverges', () => {
  const samples = (blocks: number, repeats = 1): InputSamples => ({
    ring: REALS,
    slots: 1,
    blocks,
    repeats,
    read: () => new Float64Array(1),
  });
  const figures = (count: number, ...first: number[]) => [
    ...first,
    ...new Array<number>(count - first.length).fill(1),
  ];
  const largest = (blocks: number, least: number, ...first: number[]) => {
    const convergence = new Convergence(samples(blocks));
    convergence.record(figures(blocks, ...first), least);
    return convergence.largest(figures(blocks, ...first));
  };

  test('do not count at limits, if figures there are 2^30 times those of all others', () => {
    expect(largest(64, 0, 2 ** 30)).toBe(2 ** 30);
    expect(largest(64, 0, 2 ** 30 + 1)).toBe(1);
    expect(largest(64, 4, 2 ** 31)).toBe(2 ** 31);
    // The fourth sample is no limit.
    expect(largest(64, 0, 1, 1, 1, 2 ** 31)).toBe(2 ** 31);
  });

  test('do not count at corners either, beyond 2^10, if samples are few', () => {
    expect(largest(32, 0, 2 ** 10)).toBe(2 ** 10);
    expect(largest(32, 0, 2 ** 10 + 1)).toBe(1);
    // A corner, and a point.
    expect(largest(32, 0, 1, 1, 1, 2 ** 11)).toBe(1);
    expect(largest(32, 0, 1, 1, 1, 1, 2 ** 11)).toBe(2 ** 11);
  });

  test('count if all samples are points', () => {
    expect(new Convergence(samples(3)).isInQuestion).toBe(false);
    expect(new Convergence(samples(4)).isInQuestion).toBe(true);
    expect(largest(3, 0, 2 ** 40)).toBe(2 ** 40);
  });

  test('magnitudes are the largest of all slots and repeats, and infinite for no number', () => {
    const two = { ...samples(4, 2), slots: 2 };
    expect(magnitudes(Float64Array.of(1, -5, 2, 0, 0, 0, -7, 3), two)).toEqual([5, 7]);
    expect(magnitudes(-3, two)).toEqual([3, 3]);
    expect(magnitudes(Float64Array.of(1, Number.NaN, 2, 0, 0, 0, 1, 3), two)).toEqual([
      Number.POSITIVE_INFINITY,
      3,
    ]);
  });
});

test('random numbers are those of mulberry32', () => {
  const next = randomNumbers(1);
  // The first outputs for the seed 1, over 2^32.
  expect([next(), next()].map((x) => Math.floor(x * 2 ** 32))).toEqual([2693262067, 11749833]);
});
