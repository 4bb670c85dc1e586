import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as exact from '../../src/tensor/exact.ts';

const decimal = exact.fromDecimal;

describe('exact numbers', () => {
  it('holds decimals as rationals, not as floats', () => {
    const sum = exact.add(decimal('0.1'), decimal('0.2'));
    expect(exact.equal(sum, decimal('0.3'))).toBe(true);
    expect(exact.equal(exact.fromNumber(0.1), decimal('0.1'))).toBe(false);
    expect(exact.equal(decimal('1e-400'), exact.ZERO)).toBe(false);
    expect(decimal('1e-400').value).toBe(0);
  });

  it('recognizes integers that floats only approximate', () => {
    const tenth = decimal('0.1');
    const ten = Array.from({ length: 10 }, () => tenth).reduce(exact.add);
    expect(exact.integerOf(ten)).toBe(1);
    expect(ten.value).toBe(1);
    expect(exact.integerOf(decimal('0.9999999999999999999999'))).toBeUndefined();
    expect(exact.integerOf(decimal('-0'.slice(1)))).toBe(0);
  });

  it('agrees with fractions of small integers', () => {
    const small = fc.integer({ min: -50, max: 50 });
    const positive = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(small, positive, small, positive, (a, b, c, d) => {
        const ratio = (n: number, m: number) =>
          exact.multiply(exact.fromNumber(n), exact.invert(exact.fromNumber(m)) as exact.Exact);
        const sum = exact.add(ratio(a, b), ratio(c, d));
        expect(exact.equal(sum, ratio(a * d + c * b, b * d))).toBe(true);
        expect(exact.isZero(exact.subtract(sum, sum))).toBe(true);
        expect(sum.value).toBeCloseTo(a / b + c / d, 12);
      }),
    );
  });

  it('converts floats to their dyadic value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        const doubled = exact.add(exact.fromNumber(x), exact.fromNumber(x));
        const expected = Number.isFinite(2 * x)
          ? exact.equal(doubled, exact.fromNumber(2 * x))
          : true;
        expect(expected).toBe(true);
      }),
    );
  });

  it('has two primes below 2^60', () => {
    for (const prime of exact.PRIMES) {
      expect(exact.powerResidue(2n, 5n)).toBe(32n);
      let fermat = 1n;
      let base = 3n;
      for (let e = prime - 1n; e > 0n; e >>= 1n) {
        if (e & 1n) fermat = (fermat * base) % prime;
        base = (base * base) % prime;
      }
      expect(fermat).toBe(1n);
      expect(prime < 2n ** 60n && prime > 2n ** 59n).toBe(true);
    }
  });

  it('is zero or one by its residue, whatever float64 makes of it', () => {
    const tiny = exact.multiply(decimal('1e-200'), decimal('1e-200'));
    expect([tiny.value, exact.isZero(tiny)]).toEqual([0, false]);
    // 1e20 + 1 rounds to 1e20.
    const sum = exact.add(decimal('1e20'), exact.ONE);
    const one = exact.subtract(sum, decimal('1e20'));
    expect([one.value, exact.isOne(one)]).toEqual([0, true]);
    const zero = exact.subtract(one, exact.ONE);
    expect([zero.value, exact.isZero(zero), exact.isOne(zero)]).toEqual([-1, true, false]);
    expect(exact.isOne(exact.add(exact.ONE, decimal('1e-20')))).toBe(false);
  });

  it('is an integer only if it is exactly one', () => {
    expect(exact.integerOf(exact.multiply(decimal('0.1'), decimal('30')))).toBe(3);
    expect(exact.integerOf(exact.add(decimal('3'), decimal('1e-20')))).toBeUndefined();
    expect(exact.integerOf(decimal('2.5'))).toBeUndefined();
    expect(exact.integerOf(decimal('9007199254740993'))).toBeUndefined();
    expect(exact.integerOf(exact.moduloT(exact.fromNumber(16), 17))).toBe(-1);
  });

  it('has no inverse of zero', () => {
    expect(exact.invert(exact.subtract(decimal('0.3'), decimal('0.3')))).toBeUndefined();
  });
});
