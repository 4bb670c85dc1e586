import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderResolver } from '../../src/cli/circuit-folder.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';

const SECRET = 'not for circuits';
const base = realpathSync(mkdtempSync(join(tmpdir(), 'shoal-folder-')));
const folder = join(base, 'circuit');
const outside = join(base, 'outside');
const library = join(base, 'library');
const socket = createServer();

beforeAll(async () => {
  for (const path of [folder, join(folder, 'a/b'), outside, library]) {
    mkdirSync(path, { recursive: true });
  }
  const inFolder = (path: string) => join(folder, path);
  writeFileSync(inFolder('w.npy'), 'weights');
  writeFileSync(inFolder('a/b/deep.circ'), 'deep');
  writeFileSync(inFolder('empty.csv'), '');
  writeFileSync(inFolder('..dots'), 'dots');
  writeFileSync(inFolder('closed.npy'), SECRET);
  chmodSync(inFolder('closed.npy'), 0o000);
  writeFileSync(inFolder('large.npy'), '');
  truncateSync(inFolder('large.npy'), 600 * 2 ** 20 + 1);
  writeFileSync(inFolder('huge.npy'), '');
  truncateSync(inFolder('huge.npy'), 2 ** 40);
  mkdirSync(inFolder('folder.npy'));

  writeFileSync(join(outside, 'secret.npy'), SECRET);
  mkdirSync(join(base, 'circuit-two'));
  writeFileSync(join(base, 'circuit-two/secret.npy'), SECRET);
  linkSync(join(outside, 'secret.npy'), join(outside, 'second.npy'));

  const link = (target: string, name: string) => symlinkSync(target, inFolder(name));
  link('w.npy', 'inside.npy');
  link('inside.npy', 'chain-inside.npy');
  link(join(folder, 'w.npy'), 'absolute-inside.npy');
  link('../circuit/w.npy', 'by-parent.npy');
  link('a/b', 'folder-inside');
  link('.', 'itself');
  link('../outside/secret.npy', 'relative-out.npy');
  link(join(outside, 'secret.npy'), 'absolute-out.npy');
  link('relative-out.npy', 'chain-1.npy');
  link('chain-1.npy', 'chain-2.npy');
  link('../outside', 'folder-out');
  link('folder-out', 'folder-chain');
  link('/', 'root');
  link('..', 'parent');
  link('../circuit-two', 'same-start');
  link('loop-b.npy', 'loop-a.npy');
  link('loop-a.npy', 'loop-b.npy');
  link('own.npy', 'own.npy');
  link('../outside/nothing.npy', 'dead.npy');
  link('/dev/zero', 'zero.npy');
  link('/dev/stdin', 'stdin.npy');
  link('/proc/self/environ', 'environ.npy');
  link('/proc/self/cwd/package.json', 'cwd.json');
  link('/proc/self/fd/0', 'descriptor.npy');
  link('../pipe', 'pipe-out.npy');
  execFileSync('mkfifo', [inFolder('pipe.npy'), join(base, 'pipe')]);
  link('pipe.npy', 'pipe-link.npy');
  await new Promise<void>((done) => socket.listen(inFolder('socket.npy'), done));

  writeFileSync(join(library, 'bits.circ'), 'fn xor(a, b) = a + b;');
  writeFileSync(join(library, 'linear-algebra.circ'), '');
  writeFileSync(join(library, 'README.md'), '');
  symlinkSync(join(outside, 'secret.npy'), join(library, 'stolen.circ'));
});

afterAll(() => {
  socket.close();
  rmSync(base, { recursive: true, force: true });
});

const read = (path: string, from = folder) =>
  Buffer.from(folderResolver(from, library)(path)).toString();

function refusalOf(path: string, from = folder): string {
  let content: string;
  try {
    content = read(path, from);
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    const { code, message, location, status } = error;
    expect(status).toBe(1);
    expect(location).toEqual({ file: path });
    expect(message).toMatch(/^[^\n\0]{1,250}$/u);
    return `${code}: ${message}`;
  }
  throw new Error(`read ${content.length} bytes of ${path}`);
}

describe('files of the folder are read', () => {
  test.each([
    ['w.npy', 'weights'],
    ['a/b/deep.circ', 'deep'],
    ['./a/../w.npy', 'weights'],
    ['..dots', 'dots'],
    ['empty.csv', ''],
    ['inside.npy', 'weights'],
    ['chain-inside.npy', 'weights'],
    ['absolute-inside.npy', 'weights'],
    ['by-parent.npy', 'weights'],
    ['folder-inside/deep.circ', 'deep'],
    ['itself/itself/w.npy', 'weights'],
  ])('%s', (path, content) => {
    expect(read(path)).toBe(content);
  });

  test('whatever way leads to the folder', () => {
    const link = join(base, 'link-to-folder');
    symlinkSync(folder, link);
    expect(read('a/b/deep.circ', link)).toBe('deep');
    expect(read('absolute-inside.npy', link)).toBe('weights');
    expect(read('w.npy', relative(process.cwd(), folder))).toBe('weights');
    expect(read('b/deep.circ', join(folder, 'a'))).toBe('deep');
    expect(read(`${folder}/w.npy`.slice(1), '/')).toBe('weights');
    expect(refusalOf('absolute-inside.npy', join(folder, 'a'))).toContain('no such file');
  });
});

const OUTSIDE = "file-outside: a link leads out of the main circuit's folder";
const UNREADABLE = 'unreadable-file: the file cannot be read: ';

describe('everything else is refused', () => {
  test.each([
    ['relative-out.npy', OUTSIDE],
    ['absolute-out.npy', OUTSIDE],
    ['chain-1.npy', OUTSIDE],
    ['chain-2.npy', OUTSIDE],
    ['folder-out/secret.npy', OUTSIDE],
    ['folder-out/second.npy', OUTSIDE],
    ['folder-chain/secret.npy', OUTSIDE],
    ['itself/folder-out/secret.npy', OUTSIDE],
    ['root/etc/passwd', OUTSIDE],
    ['parent/outside/secret.npy', OUTSIDE],
    ['parent/circuit-two/secret.npy', OUTSIDE],
    ['same-start/secret.npy', OUTSIDE],
    ['folder-out', OUTSIDE],
    ['parent', OUTSIDE],
    ['zero.npy', OUTSIDE],
    ['environ.npy', OUTSIDE],
    ['cwd.json', OUTSIDE],
    ['pipe-out.npy', OUTSIDE],
    ['root/dev/zero', OUTSIDE],
    ['loop-a.npy', `${UNREADABLE}its links lead in a circle`],
    ['own.npy', `${UNREADABLE}its links lead in a circle`],
    ['dead.npy', `${UNREADABLE}no such file or directory`],
    ['missing.npy', `${UNREADABLE}no such file or directory`],
    ['missing/w.npy', `${UNREADABLE}no such file or directory`],
    ['w.npy/b', `${UNREADABLE}`],
    [`${'a'.repeat(300)}.npy`, `${UNREADABLE}its name is too long`],
    ['folder.npy', `${UNREADABLE}it is a folder`],
    ['a', `${UNREADABLE}it is a folder`],
    ['itself', `${UNREADABLE}it is a folder`],
    ['pipe.npy', `${UNREADABLE}it is a pipe or a device`],
    ['pipe-link.npy', `${UNREADABLE}it is a pipe or a device`],
    ['socket.npy', `${UNREADABLE}it is a pipe or a device`],
    ['large.npy', 'file-too-large: the file has more than 600 MiB'],
    ['huge.npy', 'file-too-large: the file has more than 600 MiB'],
    ['%2e%2e/outside/secret.npy', `${UNREADABLE}no such file`],
    ['..%2foutside/secret.npy', `${UNREADABLE}no such file`],
    ['．．/outside/secret.npy', `${UNREADABLE}no such file`],
    ['../outside/secret.npy', 'file-outside: `..` leads out'],
    ['a/../../outside/secret.npy', 'file-outside: `..` leads out'],
    ['folder-out/../../outside/secret.npy', 'file-outside: `..` leads out'],
    ['../circuit/w.npy', 'file-outside: `..` leads out'],
    ['/etc/passwd', 'bad-path: the path is absolute'],
    ['//etc/passwd', 'bad-path: the path is absolute'],
    ['file:///etc/passwd', 'bad-path: the path has a `:`'],
    ['C:\\Windows\\win.ini', 'bad-path: the path has a `\\`'],
    ['..\\outside\\secret.npy', 'bad-path: the path has a `\\`'],
    ['~/secret.npy', 'bad-path: the path begins with `~`'],
    ['w.npy\0.circ', 'bad-path: the path has a character that cannot be shown'],
    ['w.npy\n', 'bad-path: the path has a character that cannot be shown'],
    ['NUL', 'bad-path: `NUL` is the name of a device'],
    ['', 'bad-path: the path is empty'],
    ['.', 'bad-path: the path names a folder'],
    ['w.npy/', 'bad-path: the path names a folder'],
    ['a/..', 'bad-path: the path names a folder'],
  ])('%j', (path, message) => {
    const start = performance.now();
    expect(refusalOf(path)).toContain(message);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('a link to standard input', () => {
    expect(refusalOf('stdin.npy')).toMatch(/^(file-outside|unreadable-file): /);
    expect(refusalOf('descriptor.npy')).toMatch(/^(file-outside|unreadable-file): /);
  });

  test.skipIf(process.getuid?.() === 0)('a file without permission', () => {
    expect(refusalOf('closed.npy')).toContain(`${UNREADABLE}permission denied`);
  });

  test('every file, if the folder does not exist', () => {
    expect(refusalOf('w.npy', join(base, 'nowhere'))).toContain('no such file or directory');
  });

  test('a pipe that somebody writes to, which then is not read from', async () => {
    const writer = spawn('sh', ['-c', 'exec echo text > "$0"', join(folder, 'pipe.npy')]);
    expect(refusalOf('pipe.npy')).toContain('it is a pipe or a device');
    writer.kill();
    await new Promise((done) => writer.once('close', done));
  });
});

describe('the standard library', () => {
  test('is read from the package, whatever the folder has', () => {
    mkdirSync(join(folder, 'std'), { recursive: true });
    writeFileSync(join(folder, 'std/bits'), 'other');
    writeFileSync(join(folder, 'std/bits.circ'), 'mine');
    expect(read('std/bits')).toBe('fn xor(a, b) = a + b;');
    expect(read('std/bits.circ')).toBe('mine');
    expect(read('std/bits', join(base, 'nowhere'))).toBe('fn xor(a, b) = a + b;');
  });

  test('has no other files', () => {
    const known = 'its files are bits, linear-algebra, stolen';
    expect(refusalOf('std/bit')).toBe(
      `${UNREADABLE}the standard library has no file \`bit\`: ${known}`,
    );
    expect(refusalOf('std/readme')).toContain(known);
    expect(refusalOf('std/BITS')).toContain(`${UNREADABLE}no such file`);
    expect(refusalOf('std/stolen')).toContain('file-outside');
    expect(refusalOf('std/../../outside/secret.npy')).toContain('file-outside');
  });

  test('is that of the package unless another is given', () => {
    expect(() => folderResolver(folder)('std/no-such-file')).toThrow(
      'the standard library has no file `no-such-file`',
    );
  });
});
