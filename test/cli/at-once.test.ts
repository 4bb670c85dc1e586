import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { headerOf } from '../../src/client-server/inspect-file.ts';
import { toHex } from '../../src/files/canonical-json.ts';
import { root, shoalHere, workspace } from './support.ts';

/** Commands that write the same files at the same time. */

const space = workspace();
afterAll(() => space.remove());
const old = (name: string) => join(root, 'test/plan-files/old/client-server', name);
const inputs = space.file('inputs.json', '{ "a": 1, "b": 2 }');

/** Lets time pass before a file gets its name, in ms. */
const waiting = (file: string, ms: number) =>
  `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { renameSync, linkSync } = fs;
  const slowly = (action) => (from, to) => {
    if (to.endsWith('${file}'))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});
    return action(from, to);
  };
  fs.renameSync = slowly(renameSync);
  fs.linkSync = slowly(linkSync);
  syncBuiltinESMExports();`)}`;

/** Runs a command twice. Files get their names first from the one, then the other, then the one. */
const twice = (line: readonly string[]) =>
  Promise.all(
    [waiting('evaluation.keys', 1500), waiting('secret.key', 3000)].map(async (hook) => {
      const args = ['--import', hook, join(root, 'src/bin.ts'), ...line];
      const [status] = await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit');
      return status;
    }),
  );

test.each([
  ['replacing files', ['--force'], [0, 0]],
  ['into a new directory', [], [0, 1]],
])('two keygen leave the keys of one: %s', async (name, options, statuses) => {
  const directory = join(space.path, name);
  const line = ['keygen', old('sum.json'), '-o', directory, ...options];
  expect((await twice(line)).sort()).toEqual(statuses);
  const names = readdirSync(directory).sort();
  expect(names).toEqual(['evaluation.keys', 'public.key', 'secret.key']);
  const headers = await Promise.all(names.map((file) => headerOf(join(directory, file))));
  expect(new Set(headers.map(({ keys }) => toHex(keys))).size).toBe(1);
});

test('two encrypt leave one upload, and nothing else', async () => {
  const directory = join(space.path, 'uploads');
  mkdirSync(directory);
  const upload = join(directory, 'upload.shoal');
  const line = ['encrypt', old('sum.json'), '--keys', old('public.key'), '-i', inputs];
  expect(await twice([...line, '-o', upload, '--force'])).toEqual([0, 0]);
  expect(readdirSync(directory)).toEqual(['upload.shoal']);
  expect((await shoalHere(['inspect', upload])).status).toBe(0);
});
