import { expect, test } from 'vitest';
import { loadSeal } from '../../src/backends/seal/runtime.ts';
import { isSecure128, modulusLimits } from '../../src/schemes/ckks/security.ts';

test('is nowhere laxer than SEAL', async () => {
  const seal = await loadSeal();
  for (const { degree, maxBits } of modulusLimits) {
    const limit = seal.CoeffModulus.MaxBitCount(degree, seal.SecLevelType.tc128);
    expect(maxBits).toBeLessThanOrEqual(limit);
  }
});

test('fails closed', () => {
  expect(isSecure128(8192, 214)).toBe(true);
  expect(isSecure128(8192, 214.01)).toBe(false);
  expect(isSecure128(8191, 20)).toBe(false);
  expect(isSecure128(65536, 20)).toBe(false);
  expect(isSecure128(8192, Number.NaN)).toBe(false);
});
