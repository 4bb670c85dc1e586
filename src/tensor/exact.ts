/**
 * Exact arithmetic by fingerprint. A constant of a circuit is a rational number. As a fraction it
 * would grow without limit through loops; as a float64 alone, 0.1 * 10 might not equal 1. So each
 * number consists of its float64 value, for encoding and printing, and its residue modulo the
 * product of two 60-bit primes, which decides equality. Two different rationals have the same
 * residue only if both primes divide the numerator of their difference.
 *
 * Whole circuits are tested for identity in the same ring (J. T. Schwartz, "Fast probabilistic
 * algorithms for verification of polynomial identities", 1980): by the Chinese remainder theorem, a
 * uniform residue modulo the product consists of independent uniform residues modulo each prime.
 *
 * In programs on integers modulo t, the value is the representative of the integer modulo t that is
 * nearest to 0, so that it stays exact in any computation. The residue is that of the integer
 * itself.
 */

import { defined } from '../lookup.ts';
import { centered, integersModulo, inverseModulo, powerIn } from './modular.ts';

/** The two primes below 2^60 that are nearest to it. */
export const PRIMES: readonly [bigint, bigint] = [2n ** 60n - 93n, 2n ** 60n - 107n];

/** The modulus of all residues: the product of both primes. */
export const MODULUS = PRIMES[0] * PRIMES[1];

/** A number: its value for computing, and a residue that identifies the exact number. */
export interface Exact {
  readonly value: number;
  readonly residue: bigint;
  /** The plaintext modulus t, if the value is a representative modulo t. */
  readonly modulus?: number;
}

/** Exactly 0. */
export const ZERO: Exact = { value: 0, residue: 0n };
/** Exactly 1. */
export const ONE: Exact = { value: 1, residue: 1n };

/** Returns the residue of an integer in [0, MODULUS). */
export function reduce(n: bigint): bigint {
  const r = n % MODULUS;
  return r < 0n ? r + MODULUS : r;
}

/** Returns base^exponent modulo MODULUS, for exponent ≥ 0. */
export function powerResidue(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % MODULUS;
    square = (square * square) % MODULUS;
  }
  return result;
}

/**
 * Returns the inverse modulo MODULUS, by Euclid's algorithm; undefined if one of the primes divides
 * the residue.
 */
export function invertResidue(residue: bigint): bigint | undefined {
  let [r0, r1] = [MODULUS, residue];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1] = [r1, r0 - q * r1];
    [t0, t1] = [t1, t0 - q * t1];
  }
  return r0 === 1n ? reduce(t0) : undefined;
}

const SMALL_INVERSES = new Map<bigint, bigint>();

/** Returns the inverse of two or ten, from a cache, because all literals and floats need them. */
function invertUnit(residue: bigint): bigint {
  let inverse = SMALL_INVERSES.get(residue);
  if (inverse === undefined) {
    inverse = defined(invertResidue(residue));
    SMALL_INVERSES.set(residue, inverse);
  }
  return inverse;
}

/** Converts a float64 to its exact value, a dyadic rational. Throws a RangeError if not finite. */
export function fromNumber(value: number): Exact {
  if (Number.isSafeInteger(value)) return { value: value + 0, residue: reduce(BigInt(value)) };
  if (!Number.isFinite(value)) throw new RangeError(`no exact value: ${value}`);
  let mantissa = value;
  let halvings = 0n;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    halvings++;
  }
  const numerator = reduce(BigInt(mantissa));
  return halvings === 0n
    ? { value, residue: numerator }
    : { value, residue: (numerator * powerResidue(invertUnit(2n), halvings)) % MODULUS };
}

/** Converts a decimal literal, with or without a sign, to its exact value: `12`, `-0.5`, `1e3`. */
export function fromDecimal(text: string): Exact {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text)) return fromNumber(value);
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = BigInt(exponent) - BigInt(fraction.length);
  const digits = reduce(BigInt(whole + fraction));
  const ten = shift < 0n ? invertUnit(10n) : 10n;
  return {
    value,
    residue: (digits * powerResidue(ten, shift < 0n ? -shift : shift)) % MODULUS,
  };
}

/**
 * Converts a float64 to the shortest decimal number that rounds to it, such as 1/10 for 0.1. That
 * is the number of a decimal literal of up to 15 significant digits, from its float64.
 */
export function fromShortest(value: number): Exact {
  return fromDecimal(String(value));
}

/**
 * Converts an integer to one modulo t: its value becomes the representative nearest to 0. Results
 * of operations with it are modulo t, too.
 */
export function moduloT(integer: Exact, modulus: number): Exact {
  const value = centered(integersModulo(modulus).residue(integer.value), modulus);
  return { value, residue: integer.residue, modulus };
}

/** Returns a + b. */
export function add(a: Exact, b: Exact): Exact {
  const sum = a.residue + b.residue;
  const residue = sum >= MODULUS ? sum - MODULUS : sum;
  const modulus = a.modulus ?? b.modulus;
  if (modulus !== undefined) return combined('add', a, b, residue, modulus);
  return settle(a.value + b.value, residue);
}

/** Returns a - b. */
export function subtract(a: Exact, b: Exact): Exact {
  const difference = a.residue - b.residue;
  const residue = difference < 0n ? difference + MODULUS : difference;
  const modulus = a.modulus ?? b.modulus;
  if (modulus !== undefined) return combined('subtract', a, b, residue, modulus);
  return settle(a.value - b.value, residue);
}

/** Returns a · b. */
export function multiply(a: Exact, b: Exact): Exact {
  const residue = (a.residue * b.residue) % MODULUS;
  const modulus = a.modulus ?? b.modulus;
  if (modulus !== undefined) return combined('multiply', a, b, residue, modulus);
  return settle(a.value * b.value, residue);
}

/** Returns -a. */
export function negate(a: Exact): Exact {
  return subtract(ZERO, a);
}

/** Returns 1/a; undefined for exactly zero, and for numbers without an inverse modulo t. */
export function invert(a: Exact): Exact | undefined {
  const residue = isZero(a) ? undefined : invertResidue(a.residue);
  if (residue === undefined) return undefined;
  if (a.modulus === undefined) return { value: 1 / a.value, residue };
  const value = inverseModulo(integersModulo(a.modulus).residue(a.value), a.modulus);
  return value === undefined
    ? undefined
    : { value: centered(value, a.modulus), residue, modulus: a.modulus };
}

/** Returns a^exponent for an integer exponent ≥ 0; a^0 is 1. */
export function power(a: Exact, exponent: number): Exact {
  if (exponent === 1) return a;
  const residue = powerResidue(a.residue, BigInt(exponent));
  if (a.modulus === undefined) return settle(a.value ** exponent, residue);
  const ring = integersModulo(a.modulus);
  const value = powerIn(ring, ring.residue(a.value), exponent);
  return { value: centered(value, a.modulus), residue, modulus: a.modulus };
}

/** Computes a sum, difference or product modulo t. An operand without a modulus is an integer. */
function combined(
  op: 'add' | 'subtract' | 'multiply',
  a: Exact,
  b: Exact,
  residue: bigint,
  modulus: number,
): Exact {
  const ring = integersModulo(modulus);
  const value = ring[op](ring.residue(a.value), ring.residue(b.value));
  return { value: centered(value, modulus), residue, modulus };
}

/** Whether a number is exactly zero, regardless of rounding errors in its float. */
export function isZero(a: Exact): boolean {
  return a.residue === 0n;
}

/** Whether a number is exactly one, regardless of rounding errors in its float. */
export function isOne(a: Exact): boolean {
  return a.residue === 1n;
}

/** Whether two numbers are the same rational number. */
export function equal(a: Exact, b: Exact): boolean {
  return a.residue === b.residue;
}

/**
 * Returns the number as an integer, if it is exactly one, below 2^53 in magnitude; if not,
 * undefined. A number modulo t gives its representative.
 */
export function integerOf(a: Exact): number | undefined {
  if (a.modulus !== undefined) return a.value;
  const rounded = Math.round(a.value);
  if (!Number.isSafeInteger(rounded)) return undefined;
  return reduce(BigInt(rounded)) === a.residue ? rounded + 0 : undefined;
}

/** Returns the largest integer that is at most a number: a float just below one may stand for it. */
export function floor(a: Exact): Exact {
  return fromNumber(Math.floor(integerOf(a) ?? a.value));
}

/**
 * Returns 0 for equal numbers, and a negative or positive number for a below or above b. Undefined
 * if they differ, but their floats agree and the difference is no integer.
 */
export function order(a: Exact, b: Exact): number | undefined {
  if (equal(a, b)) return 0;
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  const difference = subtract(a, b).residue;
  if (difference <= BigInt(Number.MAX_SAFE_INTEGER)) return 1;
  return MODULUS - difference <= BigInt(Number.MAX_SAFE_INTEGER) ? -1 : undefined;
}

/**
 * Returns the remainder of a division, which has the sign of the divisor; undefined if it is not
 * known exactly, because the quotient is too large.
 */
export function remainder(a: Exact, divisor: Exact): Exact | undefined {
  const [x, y] = [largeIntegerOf(a), largeIntegerOf(divisor)];
  if (x !== undefined && y !== undefined) {
    const rest = ((x % y) + y) % y;
    return { value: Number(rest), residue: reduce(rest) };
  }
  const inverse = invert(divisor);
  const quotient = inverse && floor(multiply(a, inverse));
  if (!quotient || !Number.isSafeInteger(quotient.value)) return undefined;
  return subtract(a, multiply(quotient, divisor));
}

/** Returns a number as an integer below 2^119 in magnitude; undefined if it is none. */
function largeIntegerOf({ value, residue }: Exact): bigint | undefined {
  const integer = 2n * residue > MODULUS ? residue - MODULUS : residue;
  // A fraction has a residue far from it, and the float of a large integer may be rounded.
  return Math.abs(Number(integer) - value) <= 1e-6 * Math.abs(value) ? integer : undefined;
}

/** Rounds the float if the exact value is an integer, so that 0.1 * 3 - 0.3 prints as 0. */
function settle(value: number, residue: bigint): Exact {
  const rounded = Math.round(value);
  if (
    value !== rounded &&
    Math.abs(value - rounded) < 1e-6 &&
    reduce(BigInt(rounded)) === residue
  ) {
    return { value: rounded + 0, residue };
  }
  return { value: value === 0 ? 0 : value, residue };
}
