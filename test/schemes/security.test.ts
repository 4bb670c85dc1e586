import { expect, test } from 'vitest';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import { defined } from '../../src/lookup.ts';
import {
  isSecure,
  isUncheckedRing,
  modulusLimits,
  offeredRings,
  SECURITY_BITS,
  type SecurityBits,
} from '../../src/schemes/security.ts';

/**
 * The two sources of the limits, for a ternary secret and classical attacks, by security: SEAL's
 * table, which is that of the HomomorphicEncryption.org standard (2018), and "Security Guidelines
 * for Implementing Homomorphic Encryption" (Bossuat et al., 2024). SEAL's ends at N = 32768.
 */
const SOURCES = {
  128: {
    seal: { 4096: 109, 8192: 218, 16384: 438, 32768: 881 },
    guidelines: { 4096: 106, 8192: 214, 16384: 430, 32768: 868, 65536: 1747 },
  },
  192: {
    seal: { 4096: 75, 8192: 152, 16384: 305, 32768: 611 },
    guidelines: { 4096: 73, 8192: 147, 16384: 297, 32768: 597, 65536: 1199 },
  },
  256: {
    seal: { 4096: 58, 8192: 118, 16384: 237, 32768: 476 },
    guidelines: { 4096: 56, 8192: 114, 16384: 230, 32768: 462, 65536: 929 },
  },
} as const;

test.each(SECURITY_BITS)('%i bits: no limit is larger than that of SEAL', async (securityBits) => {
  const seal = await loadSeal();
  const level = {
    128: seal.SecLevelType.tc128,
    192: seal.SecLevelType.tc192,
    256: seal.SecLevelType.tc256,
  }[securityBits];
  for (const { degree, maxBits } of modulusLimits(securityBits)) {
    const limit = seal.CoeffModulus.MaxBitCount(degree, level);
    const known: Readonly<Record<string, number>> = SOURCES[securityBits].seal;
    expect(limit).toBe(known[degree] ?? 0);
    expect(isUncheckedRing(degree)).toBe(limit === 0);
    if (!isUncheckedRing(degree)) expect(maxBits).toBeLessThanOrEqual(limit);
  }
});

test.each(SECURITY_BITS)('%i bits: each limit is the stricter one of the two sources', (bits) => {
  const { guidelines } = SOURCES[bits];
  const seal: Readonly<Record<string, number>> = SOURCES[bits].seal;
  const stricter = Object.entries(guidelines).map(([degree, limit]) => ({
    degree: Number(degree),
    maxBits: Math.min(limit, seal[degree] ?? limit),
  }));
  expect(modulusLimits(bits)).toEqual(stricter);
  for (const { degree, maxBits } of stricter) {
    expect(isSecure(degree, maxBits, bits)).toBe(true);
    expect(isSecure(degree, maxBits + 0.001, bits)).toBe(false);
  }
});

test('limits fall with security and rise with the ring', () => {
  for (const securityBits of SECURITY_BITS) {
    const bits = modulusLimits(securityBits).map(({ maxBits }) => maxBits);
    expect(bits).toEqual(bits.toSorted((a, b) => a - b));
  }
  modulusLimits(128).forEach(({ maxBits }, ring) => {
    expect(defined(modulusLimits(192)[ring]).maxBits).toBeLessThan(maxBits);
    expect(defined(modulusLimits(256)[ring]).maxBits).toBeLessThan(
      defined(modulusLimits(192)[ring]).maxBits,
    );
  });
});

test('a ring that SEAL does not check is offered only if the request allows it', () => {
  const degrees = (allowUncheckedRing: boolean) =>
    offeredRings({ securityBits: 192, allowUncheckedRing }).map(({ degree }) => degree);
  expect(degrees(false)).toEqual([4096, 8192, 16384, 32768]);
  expect(degrees(true)).toEqual([4096, 8192, 16384, 32768, 65536]);
});

test('unknown rings and sizes are insecure', () => {
  expect(isSecure(8192, 214, 128)).toBe(true);
  expect(isSecure(8192, 214.01, 128)).toBe(false);
  expect(isSecure(8192, 147, 192)).toBe(true);
  expect(isSecure(8192, 147.01, 192)).toBe(false);
  expect(isSecure(8192, 114.01, 256)).toBe(false);
  expect(isSecure(8191, 20, 128)).toBe(false);
  expect(isSecure(131072, 20, 128)).toBe(false);
  expect(isSecure(8192, Number.NaN, 128)).toBe(false);
  expect(isSecure(8192, 20, 100 as SecurityBits)).toBe(false);
});
