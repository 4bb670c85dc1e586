import { describe, expect, test } from 'vitest';
import { defined } from '../../../src/lookup.ts';
import type { IntegerOp } from '../../../src/plan/plan.ts';
import {
  chainOf,
  type ModulusChain,
  type NoiseSize,
  noiseGrowth,
  plainNorm,
} from '../../../src/schemes/integers/noise-growth.ts';
import {
  analyzeNoise,
  NoiseRules,
  type NoisyCipher,
} from '../../../src/schemes/integers/noise-rules.ts';
import { scalarMap } from '../../backends/plans.ts';

/**
 * Every term of the noise of BFV and BGV by itself, as numbers, not logarithms: in the noise budget
 * of a plan the slack of one hides the lack of another.
 *
 * N = 4096. A polynomial of independent coefficients of variance v is below 6·√(N·v); the secret has
 * variance 2/3, the errors of keys and encryptions 3.2², a rounding 1/12.
 */

const N = 4096;
const T = 257;
const random = (variance: number) => 6 * Math.sqrt(N * variance);
/** A rounding of one polynomial, plus one times the secret, plus one times its square. */
const ROUNDED2 = random((1 / 12) * (1 + (N * 2) / 3));
const ROUNDED3 = random((1 / 12) * (1 + (N * 2) / 3 + 2 * ((N * 2) / 3) ** 2));
/** The value next to 1 of a polynomial with all coefficients 1/2. */
const MEAN = N / Math.PI;
/** The secret next to 1: 4 deviations in place of 6. */
const SECRET_PEAK = (random(2 / 3) * 4) / 6;

const chain = (scheme: 'bfv' | 'bgv'): ModulusChain => ({
  scheme,
  degree: N,
  plainModulus: T,
  primeBits: [40, 36, 30],
  basePrimes: scheme === 'bfv' ? 3 : 1,
  specialBits: 44,
});
const bfv = noiseGrowth(chain('bfv'));
const bgv = noiseGrowth(chain('bgv'));

/** Expects a noise of these sizes, which are numbers. */
function expectNoise(got: NoiseSize, spread: number, peak: number): void {
  expect(2 ** (got.spread - Math.log2(spread))).toBeCloseTo(1, 9);
  if (peak === 0) expect(got.peak).toBe(Number.NEGATIVE_INFINITY);
  else expect(2 ** (got.peak - Math.log2(peak))).toBeCloseTo(1, 9);
}

const noise = (spread: number, peak: number): NoiseSize => ({
  spread: Math.log2(spread),
  peak: peak === 0 ? Number.NEGATIVE_INFINITY : Math.log2(peak),
});
const a = noise(1000, 300);
const b = noise(70, 20);

/** What encrypting with one more prime leaves of its errors. */
const ENCRYPTED = random(3.2 ** 2 * (1 + (2 * N * 2) / 3)) / 2 ** 44;

describe('BFV', () => {
  test('encrypts with errors over the special prime, a rounding, and the rounding of q/t', () => {
    expectNoise(bfv.fresh, ENCRYPTED + ROUNDED2 + random(1 / 12), 0);
  });

  test('adds noises, and rounds a plaintext that it adds', () => {
    expectNoise(bfv.add(a, b), 1070, 320);
    expectNoise(bfv.addPlain(a), 1000 + random(1 / 12), 300);
  });

  test('multiplies by the norm of a plaintext', () => {
    expectNoise(bfv.mulPlain(a, 3), 8000, 2400);
  });

  test('multiplies both noises by the other factor, then adds their product and conversions', () => {
    const squares = T / 2 ** 106;
    // Four: each base conversion is off by at most the three primes, and one.
    expectNoise(
      bfv.mul(a, b),
      T * ROUNDED2 * 1070 + squares * 70_000 + 4 * ROUNDED3,
      T * ROUNDED2 * 320 + squares * (6000 + 20_000 + 21_000),
    );
    // Noises of half the modulus: their product over the modulus is no small part.
    const big = noise(2 ** 104, 0);
    expectNoise(bfv.mul(big, big), T * ROUNDED2 * 2 ** 105 + T * 2 ** 102, 0);
  });

  test('switches keys with the errors of all primes, over the special one', () => {
    const errors = random(3 * 3.2 ** 2) * 2 ** (40 - 44);
    const spread = errors * Math.sqrt(N / 12) + ROUNDED2;
    expectNoise(bfv.keySwitch(a, 0), 1000 + spread, 300 + (errors * 4 * MEAN) / 6);
  });

  test('has the budget that q/t leaves, in whole bits, and one less', () => {
    // A coefficient has 6/√N of the spread, and 4/N of the peak.
    const spread = noise(2 ** 20 * (Math.sqrt(N) / 6), 0);
    expect(bfv.budget(spread, 0)).toBeCloseTo(106 - Math.log2(T) - 20 - 1, 9);
    const peak = { spread: Number.NEGATIVE_INFINITY, peak: 20 };
    expect(bfv.budget(peak, 0)).toBeCloseTo(106 - Math.log2(T) - (20 + 2 - 12) - 1, 9);
    const uneven = noiseGrowth({ ...chain('bfv'), primeBits: [39.9, 35.9, 29.9] });
    expect(uneven.budget(peak, 0)).toBeCloseTo(105 - Math.log2(T) - 10 - 1, 9);
    expect(bfv.room(a, 0)).toBeCloseTo(106 - Math.log2(1300), 9);
  });
});

describe('BGV', () => {
  /** A rounding of width t, whose mean, times powers of the secret, is a peak. */
  const rounded = (size: 2 | 3) =>
    [T * (size === 2 ? ROUNDED2 : ROUNDED3), T * MEAN * 2 * SECRET_PEAK ** (size - 1)] as const;

  test('encrypts with errors times t, a rounding of width t, and the message itself', () => {
    expectNoise(
      bgv.fresh,
      T * ENCRYPTED + rounded(2)[0] + T * random(1 / 12),
      rounded(2)[1] + T * MEAN,
    );
  });

  test('adds noises, and the message that it adds', () => {
    expectNoise(bgv.add(a, b), 1070, 320);
    expectNoise(bgv.addPlain(a), 1000 + T * random(1 / 12), 300 + T * MEAN);
  });

  test('multiplies noises', () => {
    expectNoise(bgv.mul(a, b), 70_000, 6000 + 20_000 + 21_000);
  });

  test('switches keys with the errors of the primes of its level, times t', () => {
    for (const [level, primes, largest] of [
      [0, 1, 40],
      [2, 3, 40],
    ] as const) {
      const errors = T * random(primes * 3.2 ** 2) * 2 ** (largest - 44);
      const [spread, peak] = rounded(2);
      expectNoise(
        bgv.keySwitch(a, level),
        1000 + errors * Math.sqrt(N / 12) + spread,
        300 + (errors * 4 * MEAN) / 6 + peak,
      );
    }
  });

  test('divides by the primes of a modulus switch, and rounds', () => {
    const large = noise(2 ** 80, 2 ** 79);
    expectNoise(bgv.modSwitch(large, 2, 1, 2), 2 ** 50 + rounded(2)[0], 2 ** 49 + rounded(2)[1]);
    expectNoise(bgv.modSwitch(large, 2, 0, 3), 2 ** 14 + rounded(3)[0], 2 ** 13 + rounded(3)[1]);
    expect(bgv.modSwitch(large, 1, 1, 2)).toBe(large);
  });

  test('has the budget that q leaves at its level', () => {
    const spread = noise(2 ** 20 * (Math.sqrt(N) / 6), 0);
    expect([0, 1, 2].map((level) => bgv.budget(spread, level))).toEqual([
      expect.closeTo(40 - 21, 9),
      expect.closeTo(76 - 21, 9),
      expect.closeTo(106 - 21, 9),
    ]);
    expect(bgv.room(a, 1)).toBeCloseTo(76 - Math.log2(1300), 9);
  });
});

test('the norm of a plaintext: half of t for one coefficient, later √count', () => {
  expect(plainNorm(2 ** 20, 1)).toBe(19);
  expect(plainNorm(2 ** 20, 2)).toBe(20);
  expect(plainNorm(2 ** 20, 1200)).toBeCloseTo(20 + Math.log2(60), 12);
  expect(plainNorm(2, 1)).toBe(0);
});

test('a chain has the logarithms of its primes, the special one last', () => {
  const { primeBits, specialBits } = chainOf(chain('bgv'), [2n ** 40n, 2n ** 30n, 2n ** 44n]);
  expect([primeBits, specialBits]).toEqual([[40, 30], 44]);
});

describe('the rules of operations', () => {
  const ops: IntegerOp[] = [
    { op: 'upload', input: 'x', map: scalarMap, level: 2 },
    { op: 'const', data: 256 },
    { op: 'const', data: [3, 5] },
    { op: 'plainInput', input: 'p', map: scalarMap },
    { op: 'plainInput', input: 'p', map: { ...scalarMap, copies: [{ count: 8, stride: 1 }] } },
  ];

  function rulesOf(
    scheme: 'bfv' | 'bgv',
    own: { encoding?: 'coefficients'; batchable?: boolean } = {},
  ) {
    const analysis = analyzeNoise(
      { ops, slots: 8, encoding: own.encoding ?? 'slots', batchable: own.batchable ?? false },
      T,
    );
    // Of the primes only the residues modulo t matter here.
    return new NoiseRules(analysis, chain(scheme), [1n, 2n, 3n]);
  }

  const cipher = (size: NoiseSize, own: Partial<NoisyCipher> = {}): NoisyCipher => ({
    ...{ level: 2, noise: size, size: 2, correction: 1 },
    ...own,
  });

  test('start at the top level with a fresh noise', () => {
    const { fresh } = rulesOf('bgv');
    expect(fresh).toEqual({ level: 2, noise: bgv.fresh, size: 2, correction: 1 });
    expect(rulesOf('bfv').fresh.level).toBe(0);
  });

  test('add values of one correction, and multiply by t where corrections differ', () => {
    const add: IntegerOp = { op: 'add', args: [0, 0], level: 2 };
    const sum = rulesOf('bgv').result(add, [cipher(a), cipher(b, { size: 3 })]);
    expectNoise(sum.noise, 1070, 320);
    expect(sum.size).toBe(3);
    const mixed = rulesOf('bgv').result(add, [cipher(a, { correction: 2 }), cipher(b)]);
    expectNoise(mixed.noise, T * 1070, T * 320);
    const sub: IntegerOp = { op: 'sub', args: [0, 0], level: 2 };
    expectNoise(
      rulesOf('bgv').result(sub, [cipher(a, { correction: 2 }), cipher(b)]).noise,
      T * 1070,
      T * 320,
    );
  });

  test('multiply corrections and noises, and give a product three polynomials', () => {
    const mul: IntegerOp = { op: 'mul', args: [0, 0], level: 2 };
    const product = rulesOf('bgv').result(mul, [
      cipher(a, { correction: 100 }),
      cipher(b, { correction: 3 }),
    ]);
    expect([product.correction, product.size]).toEqual([300 - T, 3]);
    expect(product.noise).toEqual(bgv.mul(a, b));
  });

  test('multiply the correction by 1/q at each switch', () => {
    // 1/2 modulo 257 is 129, 1/3 is 86.
    const rules = rulesOf('bgv');
    expect(rules.switched(cipher(a), 1)).toEqual({
      ...cipher(bgv.modSwitch(a, 2, 1, 2)),
      level: 1,
      correction: 86,
    });
    expect(rules.switched(cipher(a), 0).correction).toBe((86 * 129) % T);
    const large = rules.switched(cipher(a, { size: 3 }), 1);
    expect(large.noise).toEqual(bgv.modSwitch(a, 2, 1, 3));
    const op: IntegerOp = { op: 'modSwitch', args: [0], level: 1 };
    expect(rules.result(op, [cipher(a)])).toEqual(rules.switched(cipher(a), 1));
  });

  test('relinearize and rotate by switching keys', () => {
    for (const op of [
      { op: 'relinearize', args: [0], level: 2 },
      { op: 'rotate', args: [0], steps: 1, level: 2 },
    ] satisfies IntegerOp[]) {
      const { noise: switched, size } = rulesOf('bgv').result(op, [cipher(a, { size: 3 })]);
      expect([switched, size]).toEqual([bgv.keySwitch(a, 2), 2]);
    }
    const negated = rulesOf('bgv').result({ op: 'negate', args: [0], level: 2 }, [cipher(a)]);
    expect(negated).toEqual(cipher(a));
  });

  test('add plain values and gather numbers', () => {
    const add: IntegerOp = { op: 'addPlain', args: [0, 1], level: 2 };
    expect(rulesOf('bgv').result(add, [cipher(a)]).noise).toEqual(bgv.addPlain(a));
    const gather: IntegerOp = { op: 'gather', args: [0, 0, 0], level: 2 };
    const gathered = rulesOf('bgv').result(gather, [cipher(a), cipher(b), cipher(b)]);
    expectNoise(gathered.noise, 1000 + T * random(1 / 12) + 140, 300 + T * MEAN + 40);
  });

  test('multiply by the norm of a plain value', () => {
    const times = (rules: NoiseRules, value: number) => {
      const op: IntegerOp = { op: 'mulPlain', args: [0, value], scale: 'one', level: 2 };
      return 2 ** (rules.result(op, [cipher(a)]).noise.spread - defined(a).spread);
    };
    // 256 is -1 for BGV, and 256 for BFV.
    expect(times(rulesOf('bgv'), 1)).toBeCloseTo(1, 9);
    expect(times(rulesOf('bfv'), 1)).toBeCloseTo(256, 9);
    // A vector that repeats after 8 slots has 16 coefficients that are not 0; a batch has N.
    const random16 = T * 6 * Math.sqrt(16 / 12);
    expect(times(rulesOf('bgv'), 2)).toBeCloseTo(Math.min(T * 8, random16), 6);
    const whole = times(rulesOf('bgv', { batchable: true }), 2);
    expect(whole).toBeCloseTo(T * 6 * Math.sqrt(N / 12), 3);
    // A number that the data have is anything below t: t/2 for BGV.
    expect(times(rulesOf('bgv', { encoding: 'coefficients' }), 3)).toBeCloseTo(T / 2, 9);
    expect(times(rulesOf('bfv', { encoding: 'coefficients' }), 3)).toBeCloseTo(T, 9);
    expect(times(rulesOf('bgv'), 4)).toBeCloseTo(T / 2, 9);
  });
});
