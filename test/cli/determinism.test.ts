import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { costModelToText } from '../../src/cost/stored-model.ts';
import { modelOf } from '../cost/cost-models.ts';
import { shoal, shoalHere, workspace } from './support.ts';

/** What enters a plan: the text, the file's name, the options, the cost model, shoal's version. */

const space = workspace();
afterAll(() => space.remove());

const text = `param n = 6;
input A: cipher[n, n] within [-1, 1];
input v: cipher[n] within [-1, 1];
output y = A @ (A @ v);
output s = sum(v * v)^3;
`;
/** Rotations cost nothing here, and products much, so that other packings are the fastest. */
const OTHER_MODEL = modelOf((term) => (term === 'rotate' ? 0 : term === 'mulPlain' ? 1000 : 1));

const folders = ['here', 'else where'].map((name) => join(space.path, name));
for (const folder of folders) {
  mkdirSync(join(folder, 'config/shoal'), { recursive: true });
  writeFileSync(join(folder, 'sum.circ'), text);
  writeFileSync(join(folder, 'config/shoal/cost-model.json'), costModelToText(OTHER_MODEL));
}
const [here = '', elsewhere = ''] = folders;

/** The digest that `compile` prints. */
const digestIn = (stderr: string) => /^plan digest ([0-9a-f]{64})$/m.exec(stderr)?.[1] ?? stderr;
const compiledHere = async (...args: string[]) =>
  digestIn((await shoalHere(['compile', ...args, '-o', join(space.path, 'p.json')])).stderr);

describe('the same text and options give the same plan', () => {
  const options = ['-O3'];

  test('in another process, folder and environment', async () => {
    const expected = await compiledHere(join(here, 'sum.circ'), ...options);
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
    const env = {
      XDG_CONFIG_HOME: join(elsewhere, 'config'),
      HOME: elsewhere,
      TZ: 'Asia/Kathmandu',
      LANG: 'tr_TR.UTF-8',
      LC_ALL: 'tr_TR.UTF-8',
      FORCE_COLOR: '1',
      NODE_OPTIONS: '--max-old-space-size=1000',
    };
    const other = shoal(['compile', 'sum.circ', ...options, '-o', 'p.json'], {
      cwd: elsewhere,
      env,
    });
    expect([other.status, digestIn(other.stderr)]).toEqual([0, expected]);
    // The same digest in every document.
    const inspected = await shoalHere(['inspect', join(elsewhere, 'p.json'), '--json']);
    expect(JSON.parse(inspected.stdout).digest).toBe(expected);
    const { stdout } = await shoalHere(['inspect', join(elsewhere, 'p.json')]);
    expect(stdout).toMatch(new RegExp(`^plan digest +${expected}$`, 'm'));
    const out = ['-o', join(space.path, 'unwritten.json'), '--json'];
    const json = await shoalHere(['compile', join(here, 'sum.circ'), ...options, ...out]);
    expect(JSON.parse(json.stdout).digest).toBe(expected);
  });

  test('and what else is given changes it', async () => {
    const file = join(here, 'sum.circ');
    const model = join(here, 'config/shoal/cost-model.json');
    const renamed = space.file('renamed.circ', text);
    const digests = [
      await compiledHere(file),
      await compiledHere(file, '-D', 'n=5'),
      await compiledHere(file, '-O0'),
      await compiledHere(file, '--precision', '25'),
      await compiledHere(file, '--security', '192'),
      await compiledHere(file, '--client', 'precompute'),
      await compiledHere(file, '-O1'),
      await compiledHere(renamed),
    ];
    expect(digests.filter((digest) => !/^[0-9a-f]{64}$/.test(digest))).toEqual([]);
    expect(new Set(digests).size).toBe(digests.length);
    expect(await compiledHere(file, '--cost-model', model)).not.toBe(await compiledHere(file));
  });
});
