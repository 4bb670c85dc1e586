import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutputFile } from '../../src/cli/outcome.ts';
import { writeFiles } from '../../src/cli/write-files.ts';
import { shoal, workspace } from './support.ts';

const space = workspace();
const directory = join(space.path, 'written');
const at = (name: string): string => join(directory, name);
const write = (name: string, content = 'new', more: Partial<OutputFile> = {}): Promise<void> =>
  writeFiles([{ path: at(name), content, ...more }], []);
const modeOf = (name: string): number => statSync(at(name)).mode & 0o7777;

beforeEach(() => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
});
afterAll(() => space.remove());

test('a new file has the text, and the mode of any new file', async () => {
  await write('a.txt', 'ä\u{1f41f}\ud800');
  expect(readFileSync(at('a.txt'), 'utf8')).toBe('ä\u{1f41f}\ufffd');
  writeFileSync(at('usual.txt'), '');
  expect(modeOf('a.txt')).toBe(modeOf('usual.txt'));
  expect(readdirSync(directory)).toEqual(['a.txt', 'usual.txt']);
});

describe('a file that is replaced', () => {
  test.each([0o600, 0o664, 0o755, 0o444])('keeps its mode: %o', async (mode) => {
    writeFileSync(at('a.txt'), 'old');
    chmodSync(at('a.txt'), mode);
    await write('a.txt');
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('new');
    expect(modeOf('a.txt')).toBe(mode);
  });

  test.skipIf(process.getuid?.() !== 0)('keeps its owner', async () => {
    writeFileSync(at('a.txt'), 'old');
    chownSync(at('a.txt'), 1234, 5678);
    chmodSync(at('a.txt'), 0o2755);
    await write('a.txt');
    const { uid, gid } = statSync(at('a.txt'));
    expect([uid, gid, modeOf('a.txt')]).toEqual([1234, 5678, 0o2755]);
  });

  test('is the target of a link', async () => {
    writeFileSync(at('a.txt'), 'old');
    symlinkSync('a.txt', at('link'));
    await write('link');
    expect(readlinkSync(at('link'))).toBe('a.txt');
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('new');
  });

  test.each(['nothing', 'link'])('is a link that leads to %s', async (target) => {
    symlinkSync(target, at('link'));
    await write('link');
    expect(lstatSync(at('link')).isFile()).toBe(true);
    expect(readFileSync(at('link'), 'utf8')).toBe('new');
  });
});

test('directories are created if requested', async () => {
  await write('x/y/a.txt', 'new', { makesDirectory: true });
  expect(readFileSync(at('x/y/a.txt'), 'utf8')).toBe('new');
});

test.skipIf(process.platform === 'win32')('a special file is written in place', async () => {
  symlinkSync('/dev/null', at('link'));
  await write('link');
  expect(readlinkSync(at('link'))).toBe('/dev/null');
  expect(readdirSync(directory)).toEqual(['link']);
});

describe('a file that cannot be written', () => {
  const refused: readonly (readonly [name: string, reason: string])[] = [
    ['no/a.txt', 'no such file or directory'],
    ['file/a.txt', 'a part of its path is not a directory'],
    ['directory', 'it is a directory'],
  ];

  test.each(refused)('%s: %s', async (name, reason) => {
    writeFileSync(at('file'), 'old');
    mkdirSync(at('directory'));
    await expect(write(name)).rejects.toMatchObject({
      name: 'ShoalError',
      code: 'cannot-write',
      message: `cannot write ${at(name)}: ${reason}`,
    });
    expect(readdirSync(directory)).toEqual(['directory', 'file']);
    expect(readFileSync(at('file'), 'utf8')).toBe('old');
  });

  test('encrypt reports it, even if its temporary file cannot be removed', () => {
    writeFileSync(at('file'), 'old');
    const folder = 'test/plan-files/old/client-server';
    const { status, stderr } = shoal([
      ...['encrypt', `${folder}/sum.json`, '--keys', `${folder}/public.key`, '--quiet'],
      ...['--inputs', space.file('inputs.json', '{"a": 1, "b": 2}'), '-o', at('file/upload.shoal')],
    ]);
    const reason = 'a part of its path is not a directory';
    expect([status, stderr]).toEqual([
      3,
      `shoal: cannot write ${at('file/upload.shoal')}: ${reason}\n`,
    ]);
  });
});
