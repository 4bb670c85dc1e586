import { afterAll, expect, test, vi } from 'vitest';
import { checkCommand } from '../../src/cli/commands/check.ts';
import type { Result } from '../../src/cli/outcome.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { sha256 } from '../../src/platform/digests.ts';
import { workspace } from '../cli/support.ts';
import { COMPUTATIONS } from '../client-server/setting.ts';
import { expectNoComplaints } from '../support/complaints.ts';
import { cases, SAMPLED } from '../support/sampling.ts';
import { REFUSAL_BYTES } from './bounds.ts';
import { attempt } from './command.ts';
import { ATTACK_KINDS } from './kinds.ts';
import { withKnownRandomness } from './known-randomness.ts';
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

test('known randomness makes the same keys in every run, and ends with the action', async () => {
  const keys = () => withKnownRandomness(async () => (await keygen(COMPUTATIONS.bgv.plan)).secret);
  const known = await keys();
  expect(sha256(known)).toEqual(sha256(await keys()));
  expect(sha256(known)).not.toEqual(sha256((await keygen(COMPUTATIONS.bgv.plan)).secret));
});

test('defects are noticed: of numbers, of words, and errors of every other kind', async () => {
  const run = vi.spyOn(checkCommand, 'run');
  const complaintsOf = async (input = '') => (await attempt(['check', 'a'], input)).complaints;
  const result: Result = { status: 0, json: { a: [1, { b: 0 / 0 }] }, text: () => 'y = undefined' };
  run.mockResolvedValueOnce(result);
  expect(await complaintsOf()).toEqual([
    'check a: json.a.1.b is NaN',
    "check a: prints 'undefined': y = undefined",
  ]);
  // The user's own word.
  run.mockResolvedValueOnce({ ...result, json: {} });
  expect(await complaintsOf('let undefined = 3;')).toEqual([]);
  run.mockRejectedValueOnce(new TypeError('x is not a function'));
  expect(await complaintsOf()).toEqual([
    expect.stringMatching(/^check a: internal error: x is not a function/),
  ]);
  const long = 'a'.repeat(REFUSAL_BYTES);
  run.mockRejectedValueOnce(new ShoalError('bad-plan', long, { file: 'a' }));
  expect(await complaintsOf()).toEqual([
    expect.stringMatching(/^check a: the refusal has \d+ characters, more than 65536/),
    expect.stringMatching(/^check a: the refusal has \d+ characters, more than 65536/),
  ]);
});
