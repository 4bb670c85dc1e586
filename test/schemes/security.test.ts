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

test.each(SECURITY_BITS)('%i bits: no limit is larger than that of SEAL', async (securityBits) => {
  const seal = await loadSeal();
  const level = {
    128: seal.SecLevelType.tc128,
    192: seal.SecLevelType.tc192,
    256: seal.SecLevelType.tc256,
  }[securityBits];
  for (const { degree, maxBits } of modulusLimits(securityBits)) {
    const limit = seal.CoeffModulus.MaxBitCount(degree, level);
    if (isUncheckedRing(degree)) expect(limit).toBe(0);
    else expect(maxBits).toBeLessThanOrEqual(limit);
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
