/**
 * Limits on the coefficient modulus. In every scheme, security falls as the modulus grows and rises
 * with the ring degree.
 */

/** The bits of classical security that a user can choose. */
export const SECURITY_BITS = [128, 192, 256] as const;
export type SecurityBits = (typeof SECURITY_BITS)[number];

/** The security that parameters must have, and which tables may prove it. */
export interface SecurityRequest {
  readonly securityBits: SecurityBits;
  /**
   * Whether N = 65536 may be chosen. SEAL's own check covers smaller rings only, so for this one
   * the table below is the only evidence.
   */
  readonly allowUncheckedRing: boolean;
}

/** 128 bits, in rings that SEAL checks too. */
export const DEFAULT_SECURITY: SecurityRequest = { securityBits: 128, allowUncheckedRing: false };

/** The largest total bits of the modulus, special prime included, for a ring degree. */
export interface ModulusLimit {
  readonly degree: number;
  readonly maxBits: number;
}

/**
 * The limits for a ternary secret. Each is the stricter one of SEAL's own table and "Security
 * Guidelines for Implementing Homomorphic Encryption" (2024). Smaller rings have no room for a
 * level.
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

/** The largest ring degree that SEAL's own check covers. */
const LARGEST_CHECKED_DEGREE = 32768;

/** Whether SEAL's own check does not cover a ring, so that it must be off. */
export function isUncheckedRing(degree: number): boolean {
  return degree > LARGEST_CHECKED_DEGREE;
}

/**
 * Returns the limits on the modulus in every ring, by ascending degree. Returns an empty list for a
 * security that no table has.
 */
export function modulusLimits(securityBits: SecurityBits): readonly ModulusLimit[] {
  return LIMITS[securityBits] ?? [];
}

/** Returns the limits on the modulus in the rings that a request allows, by ascending degree. */
export function offeredRings(request: SecurityRequest): readonly ModulusLimit[] {
  return modulusLimits(request.securityBits).filter(
    ({ degree }) => request.allowUncheckedRing || !isUncheckedRing(degree),
  );
}

/**
 * Whether a modulus is secure for ring degree `degree`. Fails closed: whatever the tables do not
 * contain counts as insecure.
 *
 * @param modulusLog2 log2 of the product of all primes, special prime included
 */
export function isSecure(degree: number, modulusLog2: number, securityBits: SecurityBits): boolean {
  return modulusLimits(securityBits).some(
    (row) => row.degree === degree && modulusLog2 <= row.maxBits,
  );
}
