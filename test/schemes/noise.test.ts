import { describe, expect, test } from 'vitest';
import {
  BOUND_TAILS,
  FLOAT_ERROR,
  type NoiseParams,
  noiseAmplitudes,
  noiseParamsOf,
  noiseRatio,
  RMS_TAILS,
} from '../../src/schemes/ckks/noise-amplitudes.ts';
import { planOf, quartic } from '../backends/plans.ts';

/**
 * Every term of the noise of CKKS by itself: in the error bound of a plan the slack of one hides
 * the lack of another. N = 8192, and a ternary secret of norm² 2N/3 = 5461.3 at a root of unity.
 */

/** Root mean square of a rounding: √(N/24·(1 + 5461.3)). */
const ROUNDED = 1365.4583;
/** What the third polynomial adds: √(N/24·2)·5461.3. */
const ROUNDED_SQUARE = 142_693.1198;
/** Errors of an encryption before its division: 3.24·√(N/2·(1 + 2·5461.3)). */
const ENCRYPTED = 21_672.5096;
/** Key switching, per digit: the mean, N/π·3.24·√(N/2), and the rest, √(N/12)·3.24·√(N/2). */
const [SWITCHED_MEAN, SWITCHED_RANDOM] = [540_710.8137, 5417.8794];

/** Small primes, so that what is divided by them does not vanish beside a rounding. */
const small: NoiseParams = {
  degree: 8192,
  scales: [2 ** 30, 2 ** 31, 2 ** 32],
  primeBits: [20, 4, 5],
  specialBits: 6,
  basePrimes: 1,
};
const rms = noiseAmplitudes(small, RMS_TAILS);
const bound = noiseAmplitudes(small);

function expectClose(got: number, expected: number): void {
  expect(got / expected).toBeCloseTo(1, 6);
}

test('bounds are multiples of the root mean square, by the shape of the distribution', () => {
  expect(BOUND_TAILS).toEqual({ gaussian: 7, laplacian: 22, heavy: 60 });
  expect(RMS_TAILS).toEqual({ gaussian: 1, laplacian: 1, heavy: 1 });
  expect(FLOAT_ERROR).toBe(2 ** -47);
});

test('a rescaling rounds two polynomials, or three with the square of the secret', () => {
  expectClose(rms.rescaling(2), ROUNDED);
  expectClose(rms.rescaling(3), ROUNDED + ROUNDED_SQUARE);
  expectClose(bound.rescaling(2), 22 * ROUNDED);
  expectClose(bound.rescaling(3), 22 * ROUNDED + 60 * ROUNDED_SQUARE);
});

test('an encryption rounds, and divides its errors by the prime above its level', () => {
  const primes = [2 ** 4, 2 ** 5, 2 ** 6];
  primes.forEach((prime, level) => {
    expectClose(rms.encryption(level), ROUNDED + ENCRYPTED / prime);
    expectClose(bound.encryption(level), 22 * (ROUNDED + ENCRYPTED / prime));
  });
});

test('a key switch rounds, and adds an error for each prime of its level', () => {
  // Primes of 2^20, 2^4 and 2^5 over the special one of 2^6.
  const digits = [2 ** 14, 2 ** -2, 2 ** -1];
  let squares = 0;
  digits.forEach((digit, level) => {
    squares += digit ** 2;
    const size = Math.sqrt(squares);
    expectClose(rms.keySwitching(level), ROUNDED + size * (SWITCHED_MEAN + SWITCHED_RANDOM));
    expectClose(
      bound.keySwitching(level),
      22 * ROUNDED + size * (7 * SWITCHED_MEAN + 22 * SWITCHED_RANDOM),
    );
  });
});

test('all base primes are digits at level 0', () => {
  const { keySwitching } = noiseAmplitudes(
    { ...small, basePrimes: 2, primeBits: [6, 6, 6], scales: [1, 1] },
    RMS_TAILS,
  );
  const one = SWITCHED_MEAN + SWITCHED_RANDOM;
  expectClose(keySwitching(0), ROUNDED + Math.SQRT2 * one);
  expectClose(keySwitching(1), ROUNDED + Math.sqrt(3) * one);
});

describe('the rounding of a plaintext', () => {
  test.each([
    ['one number has one coefficient, half off', 0, 0.5],
    ['a short period has two coefficients for each slot, each half off', 4, 4],
    ['a longer one adds up as squares: 7·√(48/12)', 48, 14],
    ['it is at most a ciphertext: 7·√(4096/12)', Number.POSITIVE_INFINITY, 129.326461],
    ['and not more than that', 8192, 129.326461],
  ])('%s', (_, period, expected) => {
    expectClose(bound.encoding(period), expected);
  });
});

test('the noise of a plan is that of its ring, scales and primes', () => {
  const { params } = planOf(quartic());
  expect(noiseParamsOf(params)).toEqual({
    degree: 8192,
    scales: params.scales,
    primeBits: [55, 40, 40],
    specialBits: 60,
    basePrimes: 1,
  });
});

describe('the ratio of the noise under two sets of parameters', () => {
  const nominal: NoiseParams = {
    degree: 8192,
    scales: [2 ** 40, 2 ** 40],
    primeBits: [50, 40],
    specialBits: 60,
    basePrimes: 1,
  };

  test('is 1 for the same parameters, and doubles with each bit of the scale', () => {
    expect(noiseRatio(nominal, nominal, new Set([0, 1]))).toBe(1);
    const coarse = { ...nominal, scales: [2 ** 38, 2 ** 40] };
    expect(noiseRatio(coarse, nominal, new Set())).toBe(4);
    expect(noiseRatio(nominal, coarse, new Set())).toBe(1);
  });

  test('has the rounding of three polynomials in it, which grows most with the ring', () => {
    const { rescaling } = noiseAmplitudes({ ...nominal, degree: 16384 });
    const ratio = rescaling(3) / noiseAmplitudes(nominal).rescaling(3);
    // √2·2 for √N·N.
    expect(ratio).toBeCloseTo(2 * Math.SQRT2, 2);
    expectClose(noiseRatio({ ...nominal, degree: 16384 }, nominal, new Set()), ratio);
  });

  test('has key switching in it only at levels where keys are switched', () => {
    const near = { ...nominal, primeBits: [60, 40] };
    expect(noiseRatio(near, nominal, new Set())).toBe(1);
    const ratio = noiseAmplitudes(near).keySwitching(1) / noiseAmplitudes(nominal).keySwitching(1);
    expectClose(noiseRatio(near, nominal, new Set([1])), ratio);
    expect(ratio).toBeGreaterThan(20);
  });

  test('has encryption in it: a small prime above the level does not vanish', () => {
    const thin = { ...nominal, primeBits: [50, 4] };
    // Errors of 21672 over 16, beside a rounding of 1365; before, they were over 2^40.
    expectClose(noiseRatio(thin, nominal, new Set()), 1 + ENCRYPTED / 16 / ROUNDED);
  });

  test('ignores levels that only one of them has', () => {
    const shorter = { ...nominal, scales: [2 ** 40] };
    expect(noiseRatio({ ...nominal, scales: [2 ** 40, 2 ** 30] }, shorter, new Set())).toBe(1);
  });
});
