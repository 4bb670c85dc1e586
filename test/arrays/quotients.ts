import { MODULUS } from '../../src/tensor/exact.ts';

/** Returns the residue r of a fraction: r · denominator ≡ numerator, with r in [0, MODULUS). */
export function divideExactly(numerator: bigint, denominator: bigint): bigint {
  const positive = (n: bigint) => ((n % MODULUS) + MODULUS) % MODULUS;
  let [a, b, x, y] = [positive(denominator), MODULUS, 1n, 0n];
  while (b !== 0n) {
    const q = a / b;
    [a, b, x, y] = [b, a - q * b, y, x - q * y];
  }
  return positive(numerator * x);
}
