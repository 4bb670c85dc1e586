import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/command-line.ts';
import type { Outcome } from '../../src/cli/outcome.ts';
import { runJob } from '../../src/cli/run-job.ts';
import { runInWorker } from '../../src/cli/watched-job.ts';
import { root, shoal, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());

const bin = join(root, 'src/bin.ts');

/** Many products that do not depend on each other. */
const wide = (products: number) =>
  space.file(
    `wide${products}.circ`,
    `input v: cipher within [-1, 1];
var s = v;
for i in 0..${products} { s = s + (v + i/400)^2 * (v - i/400)^2; }
output s;
`,
  );
const circuit = wide(400);

describe('a full disk', () => {
  // A file system of 16 KiB, which ends with the namespace. Not every user may create one.
  const within = (directory: string, script: string) =>
    spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', `mount -t tmpfs -o size=16k tmpfs "$0" && ${script}`, directory],
      {
        encoding: 'utf8',
        env: { ...process.env, NODE: process.execPath, BIN: bin },
        timeout: 60_000,
        killSignal: 'SIGKILL',
      },
    );
  const directory = join(space.path, 'full');
  mkdirSync(directory);
  const possible = within(directory, 'true').status === 0;

  test.skipIf(!possible)('leaves the old file unchanged, and no other file', () => {
    const compile = `"$NODE" "$BIN" compile '${circuit}' -O0 -q -o "$0/wide.plan.json"`;
    const script = `echo old > "$0/wide.plan.json"; ${compile}; echo $?; ls "$0"; cat "$0/wide.plan.json"`;
    const { stdout, stderr } = within(directory, script);
    expect(stdout).toBe('3\nwide.plan.json\nold\n');
    const file = join(directory, 'wide.plan.json');
    expect(stderr).toBe(`shoal: cannot write ${file}: no space is left\n`);
  });

  test.skipIf(!existsSync('/dev/full'))('is reported even if the output is no regular file', () => {
    const { status, stderr } = shoal(['compile', circuit, '-O0', '-q', '-o', '/dev/full']);
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: 'shoal: cannot write /dev/full: no space is left\n',
    });
  });
});

test('a worker that ends during an evaluation is a failure with status 3', async () => {
  const inputs = space.file('wide.json', JSON.stringify({ v: 0.5 }));
  const request = parseArguments(['eval', circuit, '-O0', '-i', inputs, '--jobs', '2']);
  if ('text' in request) throw new Error(request.text);
  const view = { json: false, quiet: false, color: { out: false, err: false } };
  const threads: Worker[] = [];
  const remember = (worker: Worker): void => void threads.push(worker);
  process.on('worker', remember);
  let outcome: Outcome;
  try {
    outcome = await runJob(request.job, view, (done, _, phase) => {
      if (phase === 'evaluate' && done > 0) void threads[0]?.terminate();
    });
  } finally {
    process.off('worker', remember);
  }
  expect(outcome.status).toBe(3);
  expect(outcome.stdout).toBe('');
  expect(outcome.stderr).toMatch(
    /^shoal: evaluation failed: worker 2 of 2 ended during operation \d+ \(\w+\)\n$/,
  );
});

test.each([
  ['Worker initialization failure: EMFILE', 'this process has too many open files'],
  ['Cannot read package config /a/package.json: too many open files.', 'too many open files'],
])('a worker that the system does not let start: %s', async (message, reason) => {
  const request = parseArguments(['check', circuit]);
  if ('text' in request) throw new Error(request.text);
  const view = { json: false, quiet: false, color: { out: false, err: false } };
  process.once('worker', (worker) => setImmediate(() => worker.emit('error', new Error(message))));
  const { signal } = new AbortController();
  const outcome = runInWorker(request.job, view, { signal, temporaries: [] });
  await expect(outcome).rejects.toMatchObject({
    code: 'worker-died',
    message: `the worker cannot start: ${reason}`,
  });
});

test('an evaluation with several workers ends by itself and reports their number', () => {
  const inputs = space.file('wide.json', JSON.stringify({ v: 0.5 }));
  const args = ['eval', wide(40), '-O0', '-i', inputs, '--json'];
  const run = (jobs: string) => {
    const { status, stdout } = shoal([...args, '--jobs', jobs]);
    return { status, ...JSON.parse(stdout) };
  };
  const [one, two] = [run('1'), run('2')];
  expect([one.status, two.status]).toEqual([0, 0]);
  expect([one.jobs, two.jobs]).toEqual([1, 2]);
  expect(two.outputs.s).toBeCloseTo(one.outputs.s, 5);
});
