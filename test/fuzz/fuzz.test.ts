import { afterAll, expect, test } from 'vitest';
import { workspace } from '../cli/support.ts';
import { expectNoComplaints } from '../support/complaints.ts';
import { cases, SAMPLED } from '../support/sampling.ts';
import { ATTACK_KINDS } from './kinds.ts';
import { Random } from './random.ts';
import { runCase } from './worker.ts';

/** Two per cent of the attack that `npm run fuzz -- --seed 1 --count 10000` makes. */
const COUNT = cases(200, 10);

const space = workspace();
afterAll(() => space.remove());

test.each(ATTACK_KINDS)(
  '$name: no defect, and all bounds kept',
  SAMPLED,
  async ({ name, share }) => {
    const complaints: string[] = [];
    for (let index = 0; index < Math.max(1, Math.round(COUNT * share)); index++) {
      const result = await runCase({ kind: name, seed: '1', index }, space.path);
      complaints.push(...result.complaints.map((what) => `--only ${name}:${index}: ${what}`));
    }
    expectNoComplaints(complaints);
  },
);

test('the same seed makes the same inputs, another seed makes others', async () => {
  for (const { name, make } of ATTACK_KINDS) {
    const inputs = async (seed: string) =>
      (
        await Promise.all(
          [...Array(5).keys()].map((i) => make(new Random(seed, name, i), space.path)),
        )
      ).flatMap(({ files }) => [...files.values()].map((content) => `${content}`));
    const first = await inputs('1');
    expect(await inputs('1'), name).toEqual(first);
    expect(await inputs('2'), name).not.toEqual(first);
  }
});
