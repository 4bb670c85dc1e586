import { beforeAll, describe, expect, test } from 'vitest';
import { heapBytes } from '../../src/backends/seal/load-seal.ts';
import { putTogether, takeApart } from '../files/container.ts';
import { SEAL_BYTES } from '../fuzz/bounds.ts';
import { eachSampled } from '../support/sampling.ts';
import { formatChanges } from './format-changes.ts';
import { COMPUTATIONS, FILE_KINDS, Setting } from './setting.ts';

/**
 * An attacker can compute right checksums. Every change of sizes and formats is refused all the
 * same; test/fuzz/containers.ts makes random changes, also of the numbers that SEAL computes with.
 */
describe.each(Object.entries(COMPUTATIONS))('%s', (scheme, computation) => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await Setting.of(computation);
  });

  test('unchanged files give the right answer', async () => {
    for (const kind of FILE_KINDS)
      expect(await setting.use(kind, setting.file(kind))).toBe('right');
  });

  eachSampled(
    FILE_KINDS.map((kind) => [kind] as const),
    scheme === 'ckks' ? FILE_KINDS.length : 1,
  )('%s: changes of sizes and formats are refused', async (kind) => {
    const taken = takeApart(setting.file(kind));
    for (const [what, change] of formatChanges(taken)) {
      const code = await setting.use(kind, putTogether(change));
      expect([what, code]).toEqual([what, expect.not.stringMatching(/^(right|wrong)$/)]);
    }
    expect(heapBytes()).toBeLessThan(SEAL_BYTES);
  });
});
