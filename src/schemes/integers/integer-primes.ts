import { at } from '../../lookup.ts';
import { primesModulo } from '../primes.ts';

/** How many primes there are, and how large. */
export interface PrimeSizes {
  /** Primes of the base and the levels. */
  readonly count: number;
  /** Bits of each of them. */
  readonly bits: number;
  /** Bits of the prime that only keys use. */
  readonly specialBits: number;
}

/**
 * Primes of given sizes, all different, the special one last. Where there are enough they are ≡ 1 modulo t too:
 * BGV's modulus switches then leave values as they are, and sums of values with different histories need no
 * correction.
 *
 * @param plainModulus t, smaller than the primes
 * @returns undefined if there are not enough of some size
 */
export function integerPrimes(
  degree: number,
  plainModulus: number,
  { count, bits, specialBits }: PrimeSizes,
): readonly bigint[] | undefined {
  const ring = 2n * BigInt(degree);
  const alike = specialBits === bits ? count + 1 : count;
  const step = leastCommonMultiple(ring, BigInt(plainModulus));
  const neat = primesModulo(step, bits, alike);
  const primes = neat.length === alike ? neat : primesModulo(ring, bits, alike);
  if (primes.length < alike) return undefined;
  // Of equal sizes the largest is the special one.
  if (alike > count) return [...primes.slice(1), at(primes, 0)];
  const [special] = primesModulo(ring, specialBits, 1);
  return special === undefined ? undefined : [...primes, special];
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}
