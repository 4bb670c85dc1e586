import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readWhole } from '../../src/platform/read-whole.ts';
import { workspace } from '../cli/support.ts';

const space = workspace();
afterAll(() => space.remove());

const read = (path: string, most = 1e6) => readWhole(path, () => most);
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

let pipes = 0;
function pipe(): string {
  const path = join(space.path, `pipe${++pipes}`);
  execFileSync('mkfifo', [path]);
  return path;
}

test('a file is read to its end, an empty one and one that states no size, too', async () => {
  expect(textOf(await read(space.file('a.txt', 'some text')))).toBe('some text');
  expect(textOf(await read(space.file('b.txt', '')))).toBe('');
  expect(textOf(await read('/proc/self/comm'))).toMatch(/\n$/);
  expect(textOf(await read('/dev/null'))).toBe('');
});

test('as many bytes as are permitted are read, and no more', async () => {
  const file = space.file('nine.txt', '123456789');
  expect(textOf(await read(file, 9))).toBe('123456789');
  expect(await read(file, 8)).toBeUndefined();
});

test('the limit may depend on the first bytes', async () => {
  const file = space.file('a.txt', 'long');
  const starts: string[] = [];
  await readWhole(file, (start) => starts.push(`${textOf(start)}`) * 10);
  expect(starts).toEqual(['long']);
});

test('a file that is too large is not read, and a device without end only to the limit', async () => {
  const large = space.file('large', '');
  // A terabyte that takes no place on the disk, and would take minutes to read.
  truncateSync(large, 2 ** 40);
  expect(await read(large)).toBeUndefined();
  expect(await read('/dev/zero')).toBeUndefined();
});

test('a pipe is waited for until a writer opens it, and read until it closes it', async () => {
  const path = pipe();
  const bytes = read(path);
  // The thread goes on while it waits.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, 'one, ');
  await new Promise((resolve) => setTimeout(resolve, 20));
  writeSync(descriptor, 'two');
  closeSync(descriptor);
  expect(textOf(await bytes)).toBe('one, two');
});

test('a writer without end is stopped at the limit', async () => {
  const path = pipe();
  const writer = spawn('sh', ['-c', 'exec cat /dev/zero > "$0"', path]);
  const ended = once(writer, 'exit');
  expect(await read(path, 100_000)).toBeUndefined();
  // Nobody reads any more, so that the system ends the writer.
  expect(await ended).toEqual([null, 'SIGPIPE']);
});

test('failures are those of the system', async () => {
  const directory = join(space.path, 'directory');
  mkdirSync(directory);
  writeFileSync(join(space.path, 'file'), '');
  await expect(read(directory)).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(read(join(space.path, 'no'))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(read(join(space.path, 'file/a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});
