import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exposedKey } from '../../src/cli/plan-data.ts';
import { quartic, root, shoalHere, workspace } from './support.ts';

/** The exit statuses of docs/cli.md, each from the place where it is decided. */

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const inputs = space.file('quartic.json', '{ "x": 2 }');

/** Runs a command with --json; returns its status and the code of its first error. */
async function outcome(...args: readonly string[]) {
  const { status, stdout } = await shoalHere([...args, '--json']);
  const { errors = [] } = JSON.parse(stdout);
  return { status, code: errors[0]?.code };
}

test('3: an output is off by more than its plan promises', async () => {
  const plan = JSON.parse((await shoalHere(['compile', circuit])).stdout);
  plan.outputs[0].errorBound = 2 ** -70;
  const file = space.file('promise.plan.json', JSON.stringify(plan));
  expect(await outcome('eval', file, '-i', inputs)).toEqual({
    status: 3,
    code: 'error-bound-exceeded',
  });
});

describe('1: a test vector missed', () => {
  const vectors = (y: number) =>
    space.file(
      'vectors.json',
      JSON.stringify({ tolerance: 1e-3, vectors: [{ inputs: { x: 2 }, expect: { y } }] }),
    );

  test.each(['plain', 'seal'])('of a plan, by the backend %s', async (backend) => {
    const args = (y: number) => ['eval', circuit, '--vectors', vectors(y), '--backend', backend];
    expect((await outcome(...args(18))).status).toBe(0);
    expect((await outcome(...args(19))).status).toBe(1);
  });

  test('of a plan in stages', async () => {
    const stageOf = async (text: string) =>
      JSON.parse((await shoalHere(['compile', space.file('part.circ', text)])).stdout);
    const stages = [
      {
        until: 'line 1',
        plan: await stageOf('input x: cipher within [0, 3];\noutput y_1 = x*x;\n'),
      },
      {
        until: 'the end',
        plan: await stageOf('input y_1: cipher within [0, 9];\noutput y = y_1*y_1 + 2;\n'),
      },
    ];
    const file = space.file(
      'stages.plan.json',
      JSON.stringify({ format: 'shoal-stages', version: 1, circuit: 'two.circ', stages }),
    );
    const args = (y: number) => ['eval', file, '--vectors', vectors(y), '--backend', 'plain'];
    expect((await outcome(...args(18))).status).toBe(0);
    expect((await outcome(...args(19))).status).toBe(1);
  });
});

test('1: verify differs, a file is refused; 2: the command line is wrong', async () => {
  const other = space.file('other.circ', 'input x: cipher;\noutput y = x^4 + 3;\n');
  expect((await outcome('verify', circuit, other)).status).toBe(1);
  expect((await outcome('verify', circuit, circuit)).status).toBe(0);
  expect(await outcome('check', space.file('bad.circ', 'output y = z;\n'))).toMatchObject({
    status: 1,
  });
  expect(await outcome('eval', circuit, '-i', inputs, '--backend', 'none')).toMatchObject({
    status: 2,
  });
  const outside = space.file('outside.json', '{ "x": 4 }');
  expect(await outcome('eval', circuit, '-i', outside)).toEqual({
    status: 1,
    code: 'out-of-range',
  });
});

test.runIf(existsSync('/dev/full'))('3: standard output is on a full disk', () => {
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'src/bin.ts'), 'report', circuit],
      { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' },
    ) as SpawnSyncReturns<string>;
    expect(status).toBe(3);
    expect(stderr).toContain('cannot write to standard output');
    expect(stderr).not.toContain('    at ');
  } finally {
    closeSync(full);
  }
});

test.runIf(process.platform !== 'win32')(
  'a key that a group or others may use draws a warning',
  () => {
    const key = space.file('secret.key', 'key');
    const warned = (mode: number) => {
      chmodSync(key, mode);
      return exposedKey(key).map(({ code }) => code);
    };
    expect([0o600, 0o400, 0o700].map(warned)).toEqual([[], [], []]);
    for (const mode of [0o640, 0o620, 0o610, 0o604, 0o602, 0o601])
      expect(warned(mode), mode.toString(8)).toEqual(['exposed-secret-key']);
    expect(exposedKey(join(space.path, 'none'))).toEqual([]);
  },
);
