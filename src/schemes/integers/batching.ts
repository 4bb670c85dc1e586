import { isPrime } from '../ckks/primes.ts';
import { modulusLimits } from '../ckks/security.ts';

/**
 * Whether a plaintext modulus has slots in a ring: t is a prime ≡ 1 modulo 2N, so that a plaintext polynomial
 * is the same as N residues ("Fully Homomorphic SIMD Operations", Smart and Vercauteren, 2014).
 */
export function hasSlots(plainModulus: number, degree: number): boolean {
  return plainModulus % (2 * degree) === 1 && isPrime(BigInt(plainModulus));
}

/** The largest ring degree on offer in which a plaintext modulus has slots; undefined if there is none. */
export function largestBatchingDegree(plainModulus: number): number | undefined {
  return modulusLimits.findLast(({ degree }) => hasSlots(plainModulus, degree))?.degree;
}
