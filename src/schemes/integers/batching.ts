import { isPrime } from '../primes.ts';
import { DEFAULT_SECURITY, offeredRings } from '../security.ts';

/**
 * Whether a plaintext modulus has slots in a ring: whether t is a prime ≡ 1 modulo 2N, so that a
 * plaintext polynomial is equivalent to N residues ("Fully Homomorphic SIMD Operations", Smart and
 * Vercauteren, 2014).
 */
export function hasSlots(plainModulus: number, degree: number): boolean {
  return plainModulus % (2 * degree) === 1 && isPrime(BigInt(plainModulus));
}

/**
 * Returns the largest ring degree that SEAL checks in which a plaintext modulus has slots;
 * undefined if no ring has them.
 */
export function largestBatchingDegree(plainModulus: number): number | undefined {
  return offeredRings(DEFAULT_SECURITY).findLast(({ degree }) => hasSlots(plainModulus, degree))
    ?.degree;
}
