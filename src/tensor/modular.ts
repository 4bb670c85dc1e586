import type { Ring } from './tensor.ts';

/** Limit on moduli, because larger residues are not exact in float64. */
export const LARGEST_MODULUS = Number.MAX_SAFE_INTEGER;

/** The integers modulo t; a residue is a number in [0, t). */
export interface Modular extends Ring<number> {
  readonly modulus: number;
  /** Returns the residue of an integer that is exact in float64. */
  residue(integer: number): number;
}

/**
 * Returns exact arithmetic modulo t. Products below 2^53 are computed in float64, larger ones with
 * big integers.
 *
 * @param modulus t, from 2 to {@link LARGEST_MODULUS}
 */
export function integersModulo(modulus: number): Modular {
  const t = modulus;
  const multiply = (a: number, b: number): number => {
    const product = a * b;
    if (product <= Number.MAX_SAFE_INTEGER) return product % t;
    return Number((BigInt(a) * BigInt(b)) % BigInt(t));
  };
  return {
    modulus: t,
    residue(integer) {
      const r = integer % t;
      return r < 0 ? r + t : r + 0;
    },
    // a + b may be too large to be exact in float64.
    add: (a, b) => (a >= t - b ? a - (t - b) : a + b),
    subtract: (a, b) => (a >= b ? a - b : t - (b - a)),
    multiply,
    negate: (a) => (a === 0 ? 0 : t - a),
    invert(a) {
      const inverse = inverseModulo(a, t);
      if (inverse !== undefined) return inverse;
      if (a === 0) throw new RangeError('division by a plain input that is 0');
      throw new RangeError(`division by ${a}, which has no inverse modulo ${t}`);
    },
  };
}

/** Returns the integer nearest to 0 with a given residue. */
export function centered(residue: number, modulus: number): number {
  return residue > modulus / 2 ? residue - modulus : residue;
}

/** Returns base^exponent for an integer exponent ≥ 0. */
export function powerIn({ modulus, multiply }: Modular, base: number, exponent: number): number {
  let result = 1 % modulus;
  let square = base;
  for (let e = exponent; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** Returns 1/a modulo t by Euclid's algorithm; undefined if a and t have a common divisor. */
export function inverseModulo(a: number, t: number): number | undefined {
  // Coefficients, and their products with quotients, stay below t in magnitude.
  let [r0, r1] = [t, a];
  let [x0, x1] = [0, 1];
  while (r1 !== 0) {
    const q = (r0 - (r0 % r1)) / r1;
    [r0, r1] = [r1, r0 % r1];
    [x0, x1] = [x1, x0 - q * x1];
  }
  if (r0 !== 1) return undefined;
  return x0 < 0 ? x0 + t : x0;
}
