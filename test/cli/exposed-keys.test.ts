import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const old = (name: string) => join(root, 'test/plan-files/old/client-server', name);
const inputs = space.file('inputs.json', '{ "a": 1, "b": 2 }');
const directory = join(space.path, 'client');
mkdirSync(directory);
for (const name of ['secret.key', 'public.key']) {
  copyFileSync(old(name), join(directory, name));
  chmodSync(join(directory, name), 0o600);
}

const LINES = {
  decrypt: ['decrypt', old('sum.json'), '--keys', directory, '--in', old('result.shoal')],
  'encrypt with the secret key': [
    ...['encrypt', old('sum.json'), '--keys', directory, '-i', inputs],
    ...['-o', join(space.path, 'a.shoal'), '--force'],
  ],
  // A user who replaces the public key can decrypt what is encrypted with it.
  'encrypt with the public key': [
    ...['encrypt', old('sum.json'), '--keys', join(directory, 'public.key'), '-i', inputs],
    ...['-o', join(space.path, 'a.shoal'), '--force'],
  ],
} as const;

/** Returns the codes of the warnings while the directory has a mode. */
async function warnedOf(line: readonly string[], mode: number): Promise<readonly string[]> {
  chmodSync(directory, mode);
  const { stdout } = await shoalHere([...line, '--json']);
  return JSON.parse(stdout).warnings.map(({ code }: { readonly code: string }) => code);
}

test.each(Object.entries(LINES))(
  '%s warns if other users can replace keys in their directory',
  async (_, line) => {
    for (const mode of [0o777, 0o775, 0o702])
      expect(await warnedOf(line, mode)).toEqual(['exposed-key-directory']);
    // With the sticky bit, each user can replace only files of their own.
    for (const mode of [0o700, 0o755, 0o1777]) expect(await warnedOf(line, mode)).toEqual([]);
  },
);

test('keygen warns, too, and the text says what to do', async () => {
  const keys = join(space.path, 'keys');
  mkdirSync(keys);
  chmodSync(keys, 0o777);
  const line = ['keygen', old('sum.json'), '-o', keys];
  const { stderr } = await shoalHere(line);
  expect(stderr).toBe(
    `${keys}: warning[exposed-key-directory]: users other than the owner may replace the keys in ` +
      `this directory (mode 777): chmod go-w ${keys}\n`,
  );
  chmodSync(keys, 0o700);
  expect((await shoalHere([...line, '--force'])).stderr).toBe('');
});
