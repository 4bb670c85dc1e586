import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { quartic, root, workspace } from './support.ts';

/** Signals that end a command while it waits for somebody else. */

const space = workspace();
afterAll(() => space.remove());

const old = (name: string) => join(root, 'test/plan-files/old/client-server', name);
const circuit = space.file('quartic.circ', quartic);
const pipe = join(space.path, 'pipe');
execFileSync('mkfifo', [pipe]);

function start(line: readonly string[], hook = ''): ChildProcess {
  const imported = `data:text/javascript,${encodeURIComponent(hook)}`;
  const child = spawn(process.execPath, ['--import', imported, join(root, 'src/bin.ts'), ...line]);
  child.stderr.setEncoding('utf8');
  return child;
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

async function end(child: ChildProcess): Promise<Ended> {
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const [status, signal] = await once(child, 'close');
  return { status, signal, stderr };
}

/** Waits until a process reads from the pipe. Returns a descriptor, which keeps it waiting. */
async function readerOf(path: string): Promise<number> {
  while (true) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await sleep(20);
    }
  }
}

const INTERRUPTED = { status: 3, signal: null, stderr: 'shoal: interrupted\n' };

describe('a signal ends a command that waits for a pipe', () => {
  test.each([
    ['SIGINT', ['check', pipe]],
    ['SIGTERM', ['eval', circuit, '-O0', '--backend', 'plain', '--input', `x=${pipe}`]],
    ['SIGHUP', ['decrypt', old('sum.json'), '--keys', pipe, '--in', old('result.shoal')]],
  ] as const)('%s %j', async (signal, line) => {
    const child = start(line);
    const ended = end(child);
    const writer = await readerOf(pipe);
    child.kill(signal);
    expect(await ended).toEqual(INTERRUPTED);
    closeSync(writer);
  });

  test('that is standard input', async () => {
    // The worker says when it is about to read.
    const child = start(
      ['fmt', '-'],
      `import fs from 'node:fs';
       import { syncBuiltinESMExports } from 'node:module';
       import { isMainThread } from 'node:worker_threads';
       const { fstatSync } = fs;
       fs.fstatSync = (descriptor) => {
         if (descriptor === 0) fs.writeSync(2, 'reads ');
         return fstatSync(descriptor);
       };
       if (!isMainThread) syncBuiltinESMExports();`,
    );
    const ended = end(child);
    await once(child.stderr ?? child, 'data');
    child.kill('SIGINT');
    expect(await ended).toEqual({ ...INTERRUPTED, stderr: 'reads shoal: interrupted\n' });
  });

  test('that nobody reads, while it writes its result', async () => {
    const child = start(['compile', circuit, '-O0', '-q', '-o', pipe], WRITING);
    const ended = end(child);
    await once(child.stderr ?? child, 'data');
    child.kill('SIGINT');
    // Its work is done, so it ends as any program does.
    expect(await ended).toMatchObject({ signal: 'SIGINT' });
  });
});

/** Says when a pipe is about to be opened for writing. */
const WRITING = `
  import promises from 'node:fs/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const { writeFile } = promises;
  promises.writeFile = (...values) => {
    process.stderr.write('writes');
    return writeFile(...values);
  };
  syncBuiltinESMExports();`;

test('a second signal ends a command at once, and no temporary file is left', async () => {
  const directory = join(space.path, 'second');
  mkdirSync(directory);
  // The worker never comes back from writing to the disk, and cannot be ended.
  const hook = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { isMainThread, Worker } from 'node:worker_threads';
    Worker.prototype.terminate = () => new Promise(() => {});
    fs.fsyncSync = () => {
      fs.writeSync(2, 'syncs');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    };
    if (!isMainThread) syncBuiltinESMExports();`;
  const inputs = space.file('inputs.json', '{ "a": 1, "b": 2 }');
  const line = ['encrypt', old('sum.json'), '--keys', old('public.key'), '-i', inputs];
  const child = start([...line, '-o', join(directory, 'upload.shoal')], hook);
  const ended = end(child);
  await once(child.stderr ?? child, 'data');
  expect(readdirSync(directory)).toEqual([expect.stringMatching(/\.tmp$/)]);
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect(await ended).toEqual({ status: null, signal: 'SIGTERM', stderr: 'syncs' });
  expect(readdirSync(directory)).toEqual([]);
});
