import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as exact from '../../src/tensor/exact.ts';
import { centered, integersModulo, powerIn } from '../../src/tensor/modular.ts';

const modulus = fc.oneof(
  fc.constantFrom(2, 3, 1000, 65_537, 2 ** 53 - 111, Number.MAX_SAFE_INTEGER),
  fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER }),
);
const integer = fc.maxSafeInteger();

const mod = (x: bigint, t: number) => Number(((x % BigInt(t)) + BigInt(t)) % BigInt(t));

describe('integers modulo t', () => {
  test('give the same results as big integers, for any t below 2^53', () => {
    fc.assert(
      fc.property(modulus, integer, integer, (t, x, y) => {
        const ring = integersModulo(t);
        const [a, b] = [ring.residue(x), ring.residue(y)];
        expect([a, b]).toEqual([mod(BigInt(x), t), mod(BigInt(y), t)]);
        expect(ring.add(a, b)).toBe(mod(BigInt(x) + BigInt(y), t));
        expect(ring.subtract(a, b)).toBe(mod(BigInt(x) - BigInt(y), t));
        expect(ring.multiply(a, b)).toBe(mod(BigInt(x) * BigInt(y), t));
        expect(ring.negate(a)).toBe(mod(-BigInt(x), t));
        expect(powerIn(ring, a, 5)).toBe(mod(BigInt(x) ** 5n, t));
        expect(ring.residue(centered(a, t))).toBe(a);
        expect(Math.abs(centered(a, t))).toBeLessThanOrEqual(t / 2);
      }),
    );
  });

  test('have a representative nearest to 0, the positive one of two', () => {
    expect([0, 1, 2, 3].map((residue) => centered(residue, 4))).toEqual([0, 1, 2, -1]);
    expect([8, 9, 16].map((residue) => centered(residue, 17))).toEqual([8, -8, -1]);
    expect([0, 1].map((residue) => centered(residue, 2))).toEqual([0, 1]);
  });

  test('invert numbers without a common divisor with t', () => {
    fc.assert(
      fc.property(modulus, integer, (t, x) => {
        const ring = integersModulo(t);
        const a = ring.residue(x);
        let [m, n] = [t, a];
        while (n > 0) [m, n] = [n, m % n];
        if (m === 1) expect(ring.multiply(a, ring.invert(a))).toBe(1);
        else expect(() => ring.invert(a)).toThrow(RangeError);
      }),
    );
  });
});

describe('constants modulo t', () => {
  const t = 65_537;
  const constant = (n: number) => exact.moduloT(exact.fromNumber(n), t);

  test('have as value the representative nearest to 0', () => {
    expect([3, 65_536, 32_768, 32_769, -1].map((n) => constant(n).value)).toEqual([
      3, -1, 32_768, -32_768, -1,
    ]);
    expect(exact.integerOf(constant(65_536))).toBe(-1);
  });

  test('stay exact beyond the integers of float64, and compare as integers', () => {
    const huge = exact.power(constant(1_000_003), 50);
    expect(huge.value).toBe(centered(mod(1_000_003n ** 50n, t), t));
    expect(huge.residue).toBe(exact.reduce(1_000_003n ** 50n));
    expect(exact.equal(constant(t), exact.ZERO)).toBe(false);
    expect(constant(t).value).toBe(0);
  });

  test('make results of operations constants modulo t', () => {
    const two = exact.fromNumber(2);
    expect(exact.multiply(two, constant(40_000)).value).toBe(14_463);
    expect(exact.add(constant(32_768), two).value).toBe(-32_767);
    expect(exact.subtract(two, constant(3)).value).toBe(-1);
    expect(exact.negate(constant(5)).value).toBe(-5);
    expect(exact.invert(constant(2))?.value).toBe(-32_768);
    expect(exact.invert(exact.moduloT(two, 4))).toBeUndefined();
  });
});
