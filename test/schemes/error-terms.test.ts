import { describe, expect, test } from 'vitest';
import { at, defined } from '../../src/lookup.ts';
import { type BlockData, REALS } from '../../src/plan/clear-ops.ts';
import type { CkksOp, CkksSketch } from '../../src/plan/plan.ts';
import {
  carryErrors,
  predictAllErrors,
  predictErrors,
  type SampledErrors,
  sampledErrors,
  worstCaseErrors,
} from '../../src/schemes/ckks/error-bounds.ts';
import {
  FLOAT_ERROR,
  type NoiseParams,
  noiseAmplitudes,
  noiseParamsOf,
  RMS_TAILS,
} from '../../src/schemes/ckks/noise-amplitudes.ts';
import { cipherProperties } from '../../src/schemes/ckks/scales.ts';
import { analyzeRanges } from '../../src/schemes/ckks/value-bounds.ts';
import { planOf, quartic, scalarMap, sketchOf, vectorMap } from '../backends/plans.ts';

/**
 * Every term of the error bound by itself, as what an operation adds to the errors of its operands.
 * The terms of the noise are in `noise.test.ts`. Every level has a scale of its own, so that a term
 * with the scale of another level is seen.
 */

const SCALES = [2 ** 30, 2 ** 33, 2 ** 35];
const params: NoiseParams = {
  degree: 8192,
  scales: SCALES,
  primeBits: [50, 30, 32],
  specialBits: 60,
  basePrimes: 1,
};
const noise = noiseAmplitudes(params);

const SLOTS = 8;
const map = vectorMap(SLOTS);

interface Options {
  readonly outputs?: readonly Partial<CkksSketch['outputs'][number]>[];
  readonly batchable?: boolean;
}

/** Returns an analysis of x in [-3, 2], the plain p in [0, 5], and these operations on them. */
function analysisOf(ops: CkksOp[], { outputs = [{}], batchable = false }: Options = {}) {
  const sketch: CkksSketch = {
    ...sketchOf({
      slots: SLOTS,
      inputs: [
        { name: 'x', secrecy: 'cipher', shape: [SLOTS], range: [-3, 2] },
        { name: 'p', secrecy: 'plain', shape: [SLOTS], range: [0, 5] },
      ],
      ops,
      outputs: outputs.map((output) => ({
        ...{ name: 'y', shape: [SLOTS], value: ops.length - 1, map },
        ...output,
      })),
    }),
    batchable,
  };
  return { sketch, ranges: analyzeRanges(sketch), properties: cipherProperties(sketch) };
}

const x = (level: number): CkksOp => ({ op: 'upload', input: 'x', map, level });
const p: CkksOp = { op: 'plainInput', input: 'p', map };
const product: readonly CkksOp[] = [x(2), { op: 'mul', args: [0, 0], level: 2 }];

/** Returns the worst-case errors of operations. */
const worst = (ops: readonly CkksOp[], options?: Options): readonly number[] => [
  ...worstCaseErrors(analysisOf([...ops], options), params),
];

function expectClose(got: number | undefined, expected: number): void {
  expect(defined(got) / expected).toBeCloseTo(1, 9);
}

/** The error of an upload of x at a level: encryption, the rounding of its plaintext, float64. */
const fresh = (level: number) =>
  (noise.encryption(level) + noise.encoding(SLOTS)) / at(SCALES, level) + 3 * FLOAT_ERROR;

describe('an operation adds', () => {
  test('for an upload: encryption, rounding and float64, at its level', () => {
    for (const level of [0, 1, 2]) expectClose(worst([x(level)])[0], fresh(level));
  });

  test('for an upload of a batch: the rounding of a vector that never repeats', () => {
    const rounded = noise.encryption(1) + noise.encoding(Number.POSITIVE_INFINITY);
    expectClose(worst([x(1)], { batchable: true })[0], rounded / 2 ** 33 + 3 * FLOAT_ERROR);
  });

  test.each(['addPlain', 'subPlain'] as const)('for %s: the rounding of the plaintext', (op) => {
    const [, , got] = worst([x(1), p, { op, args: [0, 1], level: 1 }]);
    expectClose(got, fresh(1) + noise.encoding(SLOTS) / 2 ** 33 + 5 * FLOAT_ERROR);
    // One number has one coefficient; its error is that of the number, 1000, in float64.
    const number: CkksOp = { op: 'const', data: 1000 };
    const [, , added] = worst([x(1), number, { op, args: [0, 1], level: 1 }]);
    expectClose(added, fresh(1) + 0.5 / 2 ** 33 + 1000 * FLOAT_ERROR);
  });

  test('for a plaintext added to a product: at the square of the scale', () => {
    const coarse = { ...params, scales: [2 ** 8, 2 ** 8, 2 ** 8] };
    const analysis = analysisOf([...product, p, { op: 'addPlain', args: [1, 2], level: 2 }]);
    const [, mul, , got] = worstCaseErrors(analysis, coarse);
    expectClose(got, defined(mul) + noise.encoding(SLOTS) / 2 ** 16 + 5 * FLOAT_ERROR);
  });

  test('for a plaintext factor: its rounding times the ciphertext', () => {
    const factor: CkksOp = { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 };
    const [, , got] = worst([x(1), p, factor]);
    const rounding = noise.encoding(SLOTS) / 2 ** 33 + 5 * FLOAT_ERROR;
    expectClose(got, 5 * fresh(1) + 3 * rounding);
  });

  test('for a plaintext factor of a higher value: rounded at the scale that reaches the level', () => {
    const factor: CkksOp = { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 };
    const [, , got] = worst([x(2), p, factor]);
    // (2^33)² / 2^35.
    const rounding = noise.encoding(SLOTS) / 2 ** 31 + 5 * FLOAT_ERROR;
    expectClose(got, 5 * fresh(2) + 3 * rounding);
  });

  test('for an integer factor at scale one: nothing', () => {
    const factor: CkksOp = { op: 'mulPlain', args: [0, 1], scale: 'one', level: 1 };
    expectClose(worst([x(1), { op: 'const', data: -7 }, factor])[2], 7 * fresh(1));
  });

  test('for a rotation and for a relinearization: key switching, at scale and square', () => {
    const [, rotated] = worst([x(1), { op: 'rotate', args: [0], steps: 1, level: 1 }]);
    expectClose(rotated, fresh(1) + noise.keySwitching(1) / 2 ** 33);
    // Of the square of a scale, key switching vanishes beside the product's own error.
    const coarse = { ...params, scales: [2 ** 8, 2 ** 8, 2 ** 8] };
    const analysis = analysisOf([...product, { op: 'relinearize', args: [1], level: 2 }]);
    const [, mul, got] = worstCaseErrors(analysis, coarse);
    expectClose(defined(got) - defined(mul), noiseAmplitudes(coarse).keySwitching(2) / 2 ** 16);
  });

  test('for a rescaling: the rounding of two polynomials or three', () => {
    const [, three, got] = worst([...product, { op: 'rescale', args: [1], level: 1 }]);
    expectClose(got, defined(three) + noise.rescaling(3) / 2 ** 33);
    const relinearized: CkksOp[] = [...product, { op: 'relinearize', args: [1], level: 2 }];
    const [, , two, short] = worst([...relinearized, { op: 'rescale', args: [2], level: 1 }]);
    expectClose(short, defined(two) + noise.rescaling(2) / 2 ** 33);
  });

  test('for an adjustment: the rounding of an encoded 1, times the value', () => {
    const [, got] = worst([x(2), { op: 'adjust', args: [0], level: 1 }]);
    // A half of (2^33)² / 2^35.
    expectClose(got, fresh(2) + 3 * (0.5 / 2 ** 31 + FLOAT_ERROR));
  });

  test('for a lowering: an adjustment one level above, and a rescaling', () => {
    const [, got] = worst([x(2), { op: 'lower', args: [0], level: 0 }]);
    const adjusted = 3 * (0.5 / 2 ** 31 + FLOAT_ERROR);
    expectClose(got, fresh(2) + adjusted + noise.rescaling(2) / 2 ** 30);
  });
});

describe('errors of operands', () => {
  const [a, b] = [fresh(1), fresh(1)];

  test.each(['add', 'sub'] as const)('are added by %s', (op) => {
    expectClose(worst([x(1), x(1), { op, args: [0, 1], level: 1 }])[2], a + b);
  });

  test('are kept by a negation', () => {
    expectClose(worst([x(1), { op: 'negate', args: [0], level: 1 }])[1], a);
  });

  test('are multiplied by the other factor, and by each other, twice', () => {
    // x + 10 in [7, 12] times x in [-3, 2], at coarse scales, so that a·b is no small part.
    const coarse = { ...params, scales: [2 ** 14, 2 ** 14, 2 ** 14] };
    const analysis = analysisOf([
      x(1),
      { op: 'const', data: 10 },
      { op: 'addPlain', args: [0, 1], level: 1 },
      { op: 'mul', args: [2, 0], level: 1 },
    ]);
    const [own, , sum, got] = [...worstCaseErrors(analysis, coarse)] as [
      number,
      number,
      number,
      number,
    ];
    expect(own * sum).toBeGreaterThan(0.01 * (12 * own + 3 * sum));
    expectClose(got, 12 * own + 3 * sum + 2 * sum * own);
  });
});

describe('an output', () => {
  const none: SampledErrors = { params, bounds: new Map(), switched: new Set() };
  const bounds = (ops: readonly CkksOp[], options: Options, samples = none) =>
    predictErrors(analysisOf([...ops], options), params, samples);

  test('has the error of its delivery: an encryption of zero, and the decoding', () => {
    const [got] = bounds([x(1)], {});
    const delivery = noise.encryption(1) / 2 ** 33 + 3 * FLOAT_ERROR;
    expectClose(got?.bound, fresh(1) + delivery);
    expect(got?.sampled).toBe(false);
  });

  test('is delivered at the scale of a product that is not rescaled', () => {
    const [, mul] = worst(product);
    // x² in [0, 9].
    const delivery = noise.encryption(2) / 2 ** 70 + 9 * FLOAT_ERROR;
    expectClose(bounds(product, {})[0]?.bound, defined(mul) + delivery);
  });

  test('in the clear has no error', () => {
    expect(bounds([p], {})).toEqual([{ bound: 0, sampled: false }]);
  });

  test('has the factor that the client multiplies by in its error, whatever the sign', () => {
    const [one, more] = bounds([x(1)], { outputs: [{}, { name: 'z', factor: -1000 }] });
    expectClose(more?.bound, 1000 * defined(one?.bound));
  });

  test('has its sampled error if the worst case is more than eight times as large', () => {
    const of = (share: number) => new Map([[0, fresh(1) / share]]);
    const delivery = noise.encryption(1) / 2 ** 33 + 3 * FLOAT_ERROR;
    const [kept] = bounds([x(1)], {}, { ...none, bounds: of(7.99) });
    expect(kept?.sampled).toBe(false);
    expectClose(kept?.bound, fresh(1) + delivery);
    const [taken] = bounds([x(1)], {}, { ...none, bounds: of(8.01) });
    expect(taken?.sampled).toBe(true);
    expectClose(taken?.bound, fresh(1) / 8.01 + delivery);
  });

  test('has a sampled error that is scaled from other parameters', () => {
    // Four times finer scales of all levels: errors at these are four times as large.
    const finer = { ...params, scales: SCALES.map((scale) => 4 * scale) };
    const samples = { ...none, params: finer, bounds: new Map([[0, fresh(1) / 100]]) };
    const delivery = noise.encryption(1) / 2 ** 33 + 3 * FLOAT_ERROR;
    expectClose(bounds([x(1)], {}, samples)[0]?.bound, (4 * fresh(1)) / 100 + delivery);
  });
});

test('each value of a plan has its worst case and the decoding', () => {
  const plan = planOf(quartic());
  const analysis = {
    sketch: plan,
    ranges: analyzeRanges(plan),
    properties: cipherProperties(plan),
  };
  const expected = worstCaseErrors(analysis, noiseParamsOf(plan.params));
  predictAllErrors(plan).forEach(({ bound }, value) => {
    const decoding = FLOAT_ERROR * defined(analysis.ranges.magnitude[value]);
    expectClose(bound, defined(expected[value]) + decoding);
  });
});

describe('sampled errors', () => {
  /** Returns the errors of each ciphertext of a plan, of all slots and of the first slot. */
  function carried(ops: CkksOp[], value: number, level = 1) {
    const data: BlockData = {
      ring: REALS,
      slots: SLOTS,
      blocks: 1,
      read: () => new Float64Array(SLOTS).fill(value),
    };
    const all: (readonly number[])[] = [];
    carryErrors(analysisOf(ops), params, data, (index, _, errors) => {
      all[index] = [...errors];
    });
    const errors = all.map((each) => defined(each[0]));
    const rms = noiseAmplitudes(params, RMS_TAILS);
    const own = (rms.encryption(level) + rms.encoding(SLOTS)) / at(SCALES, level);
    return { all, errors, own: own + 3 * FLOAT_ERROR };
  }

  test('of an upload are plus or minus its root mean square', () => {
    const { errors, own } = carried([x(1)], 1);
    expectClose(Math.abs(defined(errors[0])), own);
    // The bound is 16 times the root mean square, twice for unlucky samples.
    const { bounds } = sampledErrors(analysisOf([x(1)]), params, new Set([0]));
    expectClose(bounds.get(0), 16 * 2 * own);
  });

  test('of a product follow its derivative, and near zero the product of both errors', () => {
    const ops: CkksOp[] = [x(1), x(1), { op: 'mul', args: [0, 1], level: 1 }];
    for (const value of [0, 1.5]) {
      const [a, b, got] = carried(ops, value).errors as [number, number, number];
      // Its bound is 2·(32a)·(32b); the result is multiplied by 32 once.
      expectClose(got, value * (a + b) + 64 * a * b);
    }
  });

  test('of other operations are those of their operands, scaled, negated or added', () => {
    const ops: CkksOp[] = [
      x(1),
      x(1),
      { op: 'const', data: -3 },
      { op: 'mulPlain', args: [0, 2], scale: 'one', level: 1 },
      { op: 'add', args: [0, 1], level: 1 },
      { op: 'sub', args: [0, 1], level: 1 },
      { op: 'negate', args: [0], level: 1 },
    ];
    const [a, b, , times, sum, difference, negated] = carried(ops, 1).errors;
    expect(times).toBe(-3 * defined(a));
    expect(sum).toBe(defined(a) + defined(b));
    expect(difference).toBe(defined(a) - defined(b));
    expect(negated).toBe(-defined(a));
  });

  test('of a plaintext are the same at every use', () => {
    const factor: CkksOp = { op: 'mulPlain', args: [0, 1], scale: 'level', level: 1 };
    const { all } = carried([x(1), p, factor, factor], 1);
    expect(all[2]).toEqual(all[3]);
    expect(all[2]).not.toEqual(all[0]);
  });

  test('count the levels at which keys are switched at the nominal scale', () => {
    const ops: CkksOp[] = [
      ...product,
      { op: 'relinearize', args: [1], level: 2 },
      { op: 'rescale', args: [2], level: 1 },
      { op: 'rotate', args: [3], steps: 1, level: 1 },
    ];
    expect(sampledErrors(analysisOf(ops), params, new Set([4])).switched).toEqual(new Set([1]));
  });
});

test('a number in all slots is its own magnitude', () => {
  const { ranges } = analysisOf([{ op: 'const', data: -2 }], { outputs: [{ map: scalarMap }] });
  expect([ranges.magnitude[0], ranges.low[0], ranges.high[0]]).toEqual([2, -2, -2]);
});
