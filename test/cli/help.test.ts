import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { shoalHere } from './support.ts';

/**
 * `npm run vitest -- test/cli/help -u` writes the golden file; read the difference before you
 * commit it.
 */
test('test/cli/help.golden.txt has the help of every command', async () => {
  const texts: string[] = [];
  for (const args of [['--help'], ...COMMANDS.map(({ name }) => [name, '--help'])]) {
    const { status, stdout, stderr } = await shoalHere(args);
    expect([status, stderr]).toEqual([0, '']);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    texts.push(`$ shoal ${args.join(' ')}\n${stdout}`);
  }
  await expect(texts.join('\n')).toMatchFileSnapshot('./help.golden.txt');
});

test('--version prints the version of package.json', async () => {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  expect(await shoalHere(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
});

test('help is the same as --help', async () => {
  const [a, b] = [await shoalHere(['help', 'eval']), await shoalHere(['eval', '--help'])];
  expect(a).toEqual(b);
});
