import { spawnSync } from 'node:child_process';
import fs, { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { failureOutcome } from '../../src/cli/failure.ts';
import { writeFiles } from '../../src/cli/write-files.ts';
import { WholeFile } from '../../src/files/whole-file.ts';
import { quartic, root, shoalHere, workspace } from './support.ts';

/**
 * The system refuses a call: every error that the Linux manual (sections 2 and 3) lists for the
 * calls that commands make on files, but for those that only a defect causes (EFAULT, ENOTUNIQ).
 */
const CALLS = {
  openSync: [
    ...['EACCES', 'EBUSY', 'EDQUOT', 'EEXIST', 'EFBIG', 'EINTR', 'EINVAL', 'EISDIR', 'ELOOP'],
    ...['EMFILE', 'ENAMETOOLONG', 'ENFILE', 'ENODEV', 'ENOENT', 'ENOMEM', 'ENOSPC', 'ENOTDIR'],
    ...['ENXIO', 'EOPNOTSUPP', 'EOVERFLOW', 'EPERM', 'EROFS', 'ESTALE', 'ETXTBSY', 'EAGAIN'],
  ],
  readSync: [
    'EAGAIN',
    'EBADF',
    'EINTR',
    'EINVAL',
    'EIO',
    'EISDIR',
    'ENOMEM',
    'ESTALE',
    'ETIMEDOUT',
  ],
  writeSync: [
    ...['EAGAIN', 'EBADF', 'EDQUOT', 'EFBIG', 'EINTR', 'EINVAL', 'EIO', 'ENOSPC', 'EPERM'],
    ...['EPIPE', 'ENOBUFS', 'ESTALE'],
  ],
  fsyncSync: ['EBADF', 'EINTR', 'EIO', 'ENOSPC', 'EROFS', 'EINVAL', 'EDQUOT'],
  closeSync: ['EBADF', 'EINTR', 'EIO', 'ENOSPC', 'EDQUOT'],
  renameSync: [
    ...['EACCES', 'EBUSY', 'EDQUOT', 'EINVAL', 'EISDIR', 'ELOOP', 'EMLINK', 'ENAMETOOLONG'],
    ...['ENOENT', 'ENOMEM', 'ENOSPC', 'ENOTDIR', 'ENOTEMPTY', 'EPERM', 'EROFS', 'EXDEV'],
  ],
  mkdirSync: [
    ...['EACCES', 'EDQUOT', 'EEXIST', 'EINVAL', 'ELOOP', 'EMLINK', 'ENAMETOOLONG', 'ENOENT'],
    ...['ENOMEM', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS', 'EILSEQ', 'ENOLCK'],
  ],
} as const;

/** How people say the errors of an exhausted system. */
const SAID: Readonly<Record<string, string>> = {
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the system has too many open files',
  EFBIG: 'the file would be larger than the system permits',
  ELOOP: 'its links lead in a circle',
  ENOMEM: 'no memory is left',
};

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const inputs = space.file('inputs.json', '{ "a": 1, "b": 2 }');
const old = (name: string) => join(root, 'test/plan-files/old/client-server', name);

type Call = keyof typeof CALLS;
const functions = fs as unknown as Record<string, (...values: unknown[]) => unknown>;
const restored: (() => void)[] = [];

/** Lets the calls of a function fail whose first argument is `path`, or all calls. */
function refuse(call: Call, code: string, path?: string): void {
  const original = functions[call] as (...values: unknown[]) => unknown;
  functions[call] = (...values) => {
    if (path !== undefined && values[0] !== path) return original(...values);
    // A file is closed even if that fails.
    if (call === 'closeSync') original(...values);
    throw Object.assign(new Error(`${code}: raw message, ${call}`), { code, syscall: call });
  };
  restored.push(() => {
    functions[call] = original;
  });
  syncBuiltinESMExports();
}

function restore(): void {
  for (const one of restored.splice(0)) one();
  syncBuiltinESMExports();
}
afterEach(restore);

function expectSaid(message: string, code: string): void {
  expect(message).not.toMatch(/internal error|raw message|\bE[A-Z]{3,}\b|\n {4}at /);
  if (code in SAID) expect(message).toContain(SAID[code]);
}

describe('reading:', () => {
  const decrypt = ['decrypt', old('sum.json'), '--keys', old('secret.key')];
  const LINES: readonly (readonly [line: readonly string[], file: string])[] = [
    [['check', circuit], circuit],
    [['eval', circuit, '-i', inputs], inputs],
    [['eval', circuit, '--vectors', inputs], inputs],
    [['eval', circuit, '--input', `x=${inputs}`], inputs],
    [['keygen', old('sum.json'), '-o', 'keys'], old('sum.json')],
    [['inspect', old('upload.shoal')], old('upload.shoal')],
    [[...decrypt, '--in', old('result.shoal')], old('secret.key')],
    [[...decrypt, '--in', old('result.shoal')], old('result.shoal')],
  ];

  test.each(LINES)('%j, where %s cannot be opened', async (line, file) => {
    for (const code of CALLS.openSync) {
      refuse('openSync', code, file);
      const { status, stderr } = await shoalHere(line);
      restore();
      expect(status, code).toBe(2);
      expect(stderr).toContain(`cannot read ${file}: `);
      expectSaid(stderr, code);
    }
  });

  test.each(LINES)('%j, where bytes cannot be read', async (line) => {
    for (const code of CALLS.readSync) {
      refuse('readSync', code);
      const { status, stderr } = await shoalHere(line);
      restore();
      expect(status, code).toBe(2);
      expect(stderr).toContain('cannot read ');
      expectSaid(stderr, code);
    }
  });

  test('a link that leads to itself', async () => {
    const loop = join(space.path, 'loop');
    symlinkSync(loop, loop);
    const serve = ['eval', old('sum.json'), '--in', old('upload.shoal'), '-i', inputs];
    for (const line of [
      ['check', loop],
      [
        ...serve.slice(0, 4),
        '--input',
        `p=${space.file('p.json', '1')}`,
        '-o',
        'r',
        '--keys',
        loop,
      ],
      ['encrypt', old('sum.json'), '--keys', loop, '-i', inputs, '-o', join(space.path, 'u')],
      [...decrypt.slice(0, 3), loop, '--in', old('result.shoal')],
      ['inspect', loop],
    ]) {
      const { status, stderr } = await shoalHere(line);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: `shoal: cannot read ${loop}: its links lead in a circle\n`,
      });
    }
  });
});

describe('writing:', () => {
  const directory = join(space.path, 'written');
  mkdirSync(directory);
  const file = join(directory, 'a.txt');

  test.each(['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync'] as const)(
    'where %s fails, the old file stays and no other is left',
    async (call) => {
      writeFileSync(file, 'old');
      for (const code of CALLS[call]) {
        refuse(call, code);
        const error = await writeFiles([{ path: file, content: 'new' }], []).catch((e) => e);
        restore();
        expect(error).toMatchObject({ name: 'ShoalError', code: 'cannot-write', status: 3 });
        expect(error.message).toContain(`cannot write ${file}: `);
        expectSaid(error.message, code);
        expect(readdirSync(directory)).toEqual(['a.txt']);
        expect(readFileSync(file, 'utf8')).toBe('old');
      }
    },
  );

  test('keygen, where its directory cannot be made', async () => {
    for (const code of CALLS.mkdirSync) {
      refuse('mkdirSync', code);
      const { status, stderr } = await shoalHere(['keygen', old('sum.json'), '-o', directory]);
      restore();
      expect(status).toBe(3);
      expect(stderr).toContain(`cannot write ${directory}: `);
      expectSaid(stderr, code);
    }
  });

  test('a failure is reported even if the temporary file cannot be removed', () => {
    const whole = new WholeFile(join(directory, 'b.txt'));
    refuse('writeSync', 'ENOSPC');
    const { rmSync } = fs;
    functions.rmSync = () => {
      throw Object.assign(new Error('raw message'), { code: 'EROFS', syscall: 'rm' });
    };
    restored.push(() => {
      functions.rmSync = rmSync as (typeof functions)[string];
    });
    syncBuiltinESMExports();
    expect(() => whole.write(new Uint8Array(1))).toThrow('no space is left');
  });

  // The limit is the system's own; it would end other programs by a signal.
  test.skipIf(process.platform === 'win32')('more than a user may write', () => {
    const plan = join(directory, 'plan.json');
    const { status, stdout } = spawnSync(
      'bash',
      ['-c', `ulimit -f 1; "$0" "$1" compile "$2" -O0 -q -o "$3" 2>&1`, process.execPath].concat([
        join(root, 'src/bin.ts'),
        circuit,
        plan,
      ]),
      { encoding: 'utf8' },
    );
    expect([status, stdout]).toEqual([
      3,
      `shoal: cannot write ${plan}: the file would be larger than the system permits\n`,
    ]);
  });
});

describe('what no command expects is no internal error:', () => {
  const view = { json: false, quiet: false, color: { out: false, err: false } };
  const error = (message: string, more: object) => Object.assign(new Error(message), more);

  test.each([
    ['a module', { code: 'EMFILE', syscall: 'open', path: '/x.js' }, 2, 'cannot read /x.js: this'],
    ['a rename', { code: 'EROFS', syscall: 'rename', path: '/x' }, 3, 'cannot write /x: the file'],
    ['a read', { code: 'EIO', syscall: 'read' }, 2, 'cannot read a file: the disk'],
  ])('%s', (_, more, status, text) => {
    const outcome = failureOutcome(error('raw message', more), view);
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(`shoal: ${text}`);
  });

  test.each([
    ['a thread', error('…', { code: 'ERR_WORKER_OUT_OF_MEMORY' })],
    ['a buffer', new RangeError('Array buffer allocation failed')],
    ['WebAssembly', new RangeError('WebAssembly.Memory(): could not allocate memory')],
  ])('%s without memory', (_, thrown) => {
    const { status, stderr } = failureOutcome(thrown, view);
    expect(status).toBe(3);
    expect(stderr).toContain('shoal: out of memory: give Node.js more');
  });
});
