import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root, shoal, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());

/** A circuit that takes some minutes of key generation and evaluation. */
const long = `input v: cipher[512] within [-1, 1];
var y = v;
for t in 0..14 { y = y * v + sum(y) / 512; }
output y;
`;

/** The same for several threads: many products that do not depend on each other, few keys. */
const wide = `input v: cipher within [-1, 1];
var s = v;
for i in 0..600 { s = s + (v + i/600)^2 * (v - i/600)^2; }
output s;
`;

interface Ended {
  readonly status: number | null;
  readonly stderr: string;
  /** Time from the signal to the end, in ms. */
  readonly took: number;
}

async function interrupted(
  args: readonly string[],
  signal: NodeJS.Signals,
  after: number,
): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'src/bin.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  let sent = 0;
  setTimeout(() => {
    sent = performance.now();
    child.kill(signal);
  }, after);
  const [status] = await once(child, 'exit');
  return { status, stderr, took: performance.now() - sent };
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends an evaluation at once', async (signal) => {
  const circuit = space.file('long.circ', long);
  const inputs = space.file('long.json', JSON.stringify({ v: new Array(512).fill(0.5) }));
  const { status, stderr } = await interrupted(['eval', circuit, '-i', inputs], signal, 2500);
  expect({ status, stderr }).toEqual({ status: 3, stderr: 'shoal: interrupted\n' });
});

test('SIGINT ends an evaluation on several threads at once, including all threads', async () => {
  const circuit = space.file('wide.circ', wide);
  const plan = join(space.path, 'wide.plan.json');
  expect(shoal(['compile', circuit, '-O0', '-o', plan, '-q']).stderr).toBe('');
  const inputs = space.file('wide.json', JSON.stringify({ v: 0.5 }));
  const args = ['eval', plan, '-i', inputs, '--jobs', '3'];
  const { status, stderr, took } = await interrupted(args, 'SIGINT', 3500);
  // A process ends only after all of its threads.
  expect({ status, stderr }).toEqual({ status: 3, stderr: 'shoal: interrupted\n' });
  expect(took).toBeLessThan(3000);
});

test('a reader that closes the pipe is no failure', async () => {
  const circuit = space.file('long.circ', long);
  const bin = join(root, 'src/bin.ts');
  const command = `"${process.execPath}" "${bin}" compile "${circuit}" | head -c 10; echo " \${PIPESTATUS[0]}"`;
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await once(child, 'close');
  expect({ stdout, stderr }).toEqual({ stdout: '{\n  "forma 0\n', stderr: '' });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s while a file is written ends the process when the file is complete',
  async (signalName) => {
    // The main thread, which writes, gets the signal before the new file is on the disk.
    const hook = `data:text/javascript,${encodeURIComponent(`
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      import { isMainThread } from 'node:worker_threads';
      const sync = fs.fsyncSync;
      fs.fsyncSync = (file) => {
        process.kill(process.pid, '${signalName}');
        sync(file);
      };
      if (isMainThread) syncBuiltinESMExports();
    `)}`;
    const directory = join(space.path, signalName);
    mkdirSync(directory);
    const circuit = space.file('wide.circ', wide);
    const args = ['compile', circuit, '-O0', '-q', '-o', join(directory, 'plan.json')];
    const child = spawn(process.execPath, ['--import', hook, join(root, 'src/bin.ts'), ...args]);
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe(signalName);
    expect(readdirSync(directory)).toEqual(['plan.json']);
    JSON.parse(readFileSync(join(directory, 'plan.json'), 'utf8'));
  },
);
