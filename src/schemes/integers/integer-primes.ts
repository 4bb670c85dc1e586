import { at } from '../../lookup.ts';
import { primesModulo } from '../primes.ts';

/** The number and sizes of the primes of a modulus. */
export interface PrimeSizes {
  /** The number of primes of the base and the levels. */
  readonly count: number;
  /** Bits of each of these primes. */
  readonly bits: number;
  /** Bits of the special prime, which only keys use. */
  readonly specialBits: number;
}

/**
 * Returns distinct primes of given sizes, the special one last. If there are enough, they are ≡ 1
 * modulo t too. BGV's modulus switches then leave values as they are, and sums of values with
 * different histories need no correction.
 *
 * @param degree the ring degree N
 * @param plainModulus t, smaller than the primes
 * @returns undefined if there are too few primes of some size
 */
export function integerPrimes(
  degree: number,
  plainModulus: number,
  { count, bits, specialBits }: PrimeSizes,
): readonly bigint[] | undefined {
  const ring = 2n * BigInt(degree);
  const needed = specialBits === bits ? count + 1 : count;
  const step = leastCommonMultiple(ring, BigInt(plainModulus));
  const neutral = primesModulo(step, bits, needed);
  const primes = neutral.length === needed ? neutral : primesModulo(ring, bits, needed);
  if (primes.length < needed) return undefined;
  // Among equal sizes the largest prime is the special one.
  if (needed > count) return [...primes.slice(1), at(primes, 0)];
  const [special] = primesModulo(ring, specialBits, 1);
  return special === undefined ? undefined : [...primes, special];
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}
