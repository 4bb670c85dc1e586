/**
 * How large a coefficient modulus may be. Security falls as the modulus grows and rises with the ring's
 * degree, for every scheme alike.
 */

/** Bits of classical security that can be asked for. */
export const SECURITY_BITS = [128, 192, 256] as const;
export type SecurityBits = (typeof SECURITY_BITS)[number];

/** What parameters are to withstand, and who may vouch for it. */
export interface SecurityRequest {
  readonly securityBits: SecurityBits;
  /** Whether N = 65536 is offered: SEAL's own check ends below, so only the table here vouches for it. */
  readonly allowUncheckedRing: boolean;
}

/** 128 bits, which SEAL checks, too. */
export const DEFAULT_SECURITY: SecurityRequest = { securityBits: 128, allowUncheckedRing: false };

/** Largest total bits of the modulus, special prime included, for a ring degree. */
export interface ModulusLimit {
  readonly degree: number;
  readonly maxBits: number;
}

/**
 * For a ternary secret, in each ring the stricter of SEAL's own table and "Security Guidelines for
 * Implementing Homomorphic Encryption" (2024). Smaller rings have no room for a single level.
 */
const LIMITS: Readonly<Record<SecurityBits, readonly ModulusLimit[]>> = {
  128: [
    { degree: 4096, maxBits: 106 },
    { degree: 8192, maxBits: 214 },
    { degree: 16384, maxBits: 430 },
    { degree: 32768, maxBits: 868 },
    { degree: 65536, maxBits: 1747 },
  ],
  192: [
    { degree: 4096, maxBits: 73 },
    { degree: 8192, maxBits: 147 },
    { degree: 16384, maxBits: 297 },
    { degree: 32768, maxBits: 597 },
    { degree: 65536, maxBits: 1199 },
  ],
  256: [
    { degree: 4096, maxBits: 56 },
    { degree: 8192, maxBits: 114 },
    { degree: 16384, maxBits: 230 },
    { degree: 32768, maxBits: 462 },
    { degree: 65536, maxBits: 929 },
  ],
};

/** The largest ring that SEAL's own check knows. */
const LARGEST_CHECKED_DEGREE = 32768;

/** Whether SEAL's own check does not know a ring, so that it has to be off. */
export function isUncheckedRing(degree: number): boolean {
  return degree > LARGEST_CHECKED_DEGREE;
}

/** Limits on the modulus in every ring, by degree, ascending; none for a security that no table has. */
export function modulusLimits(securityBits: SecurityBits): readonly ModulusLimit[] {
  return LIMITS[securityBits] ?? [];
}

/** Limits on the modulus in the rings that parameters may be chosen from, by degree, ascending. */
export function offeredRings(request: SecurityRequest): readonly ModulusLimit[] {
  return modulusLimits(request.securityBits).filter(
    ({ degree }) => request.allowUncheckedRing || !isUncheckedRing(degree),
  );
}

/**
 * Whether a modulus is secure for ring degree `degree`. Fails closed: what the tables do not have is not
 * secure.
 *
 * @param modulusLog2 log2 of the product of all primes, special prime included
 */
export function isSecure(degree: number, modulusLog2: number, securityBits: SecurityBits): boolean {
  return modulusLimits(securityBits).some(
    (row) => row.degree === degree && modulusLog2 <= row.maxBits,
  );
}
