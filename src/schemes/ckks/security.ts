/**
 * Largest total bits of the coefficient modulus, special prime included, that keep 128 bits of classical
 * security with a ternary secret: for each ring degree the stricter of SEAL's own table and "Security
 * Guidelines for Implementing Homomorphic Encryption" (2024). Larger rings are not offered: their keys
 * do not fit the memory of WebAssembly. Smaller ones have no room for a single level.
 */
export const modulusLimits: readonly { readonly degree: number; readonly maxBits: number }[] = [
  { degree: 4096, maxBits: 106 },
  { degree: 8192, maxBits: 214 },
  { degree: 16384, maxBits: 430 },
  { degree: 32768, maxBits: 868 },
];

/** The largest ring degree that is offered. */
export const largestDegree = 32768;

/**
 * Whether a modulus is 128-bit secure for ring degree `degree`. Fails closed: a degree that is not in
 * the table is not secure.
 *
 * @param modulusLog2 log2 of the product of all primes, special prime included
 */
export function isSecure128(degree: number, modulusLog2: number): boolean {
  return modulusLimits.some((row) => row.degree === degree && modulusLog2 <= row.maxBits);
}
