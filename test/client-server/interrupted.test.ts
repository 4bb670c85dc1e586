import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspect } from '../../src/client-server/inspect-file.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { root, workspace } from '../cli/support.ts';
import { eachSampled } from '../support/sampling.ts';
import { planFor, quadratic } from './support.ts';

/**
 * Kills commands at any moment: each of their files must be the old one or the new one, complete.
 */

const space = workspace();
const at = (name: string) => join(space.path, name);
const bin = join(root, 'src/bin.ts');
const hook = join(root, 'test/client-server/kill-at.ts');
afterAll(() => space.remove());

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, ['--import', hook, bin, ...args], {
    cwd: space.path,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
}

const commands: Readonly<Record<string, { readonly args: string[]; readonly files: string[] }>> = {
  keygen: {
    args: ['keygen', 'plan.json', '-o', 'client'],
    files: ['client/evaluation.keys', 'client/public.key', 'client/secret.key'],
  },
  encrypt: {
    args: ['encrypt', 'plan.json', '--keys', 'keys', '-i', 'x.json', '-o', 'upload'],
    files: ['upload'],
  },
  eval: {
    args: [
      'eval',
      'plan.json',
      '--keys',
      'keys/evaluation.keys',
      '--in',
      'up',
      '-o',
      'result',
      '--jobs',
      '1',
    ],
    files: ['result'],
  },
};

beforeAll(() => {
  space.file('plan.json', planToText(planFor(quadratic)));
  space.file('x.json', '{ "x": 0.5 }');
  for (const args of [
    ['keygen', 'plan.json', '-o', 'keys'],
    ['encrypt', 'plan.json', '--keys', 'keys', '-i', 'x.json', '-o', 'up'],
  ]) {
    expect(run(args).stderr).toBe('');
  }
}, 60_000);

/** Returns the number of calls at which a command can be killed. */
function callsOf(args: readonly string[]): number {
  const log = at('count');
  expect(run(args, { KILL_LOG: log }).stderr).toBe('');
  return Number(readFileSync(log, 'utf8'));
}

const contents = (files: readonly string[]) =>
  files.map((file) => (existsSync(at(file)) ? readFileSync(at(file)) : undefined));

function clean(): void {
  for (const directory of ['.', 'client']) {
    if (!existsSync(at(directory))) continue;
    for (const name of readdirSync(at(directory))) {
      if (name.endsWith('.tmp')) rmSync(join(at(directory), name));
    }
  }
}

describe.each(Object.entries(commands))(
  '%s, killed before and within any call',
  (name, command) => {
    const cases = [['a new file'], ['an old file, replaced']] as const;
    // The sample has each case for some command.
    eachSampled(
      cases,
      ([which]) => (which === 'a new file') === (name === 'keygen'),
      400_000,
    )('%s', async (which) => {
      const { files } = command;
      const replaces = which !== 'a new file';
      const args = replaces ? [...command.args, '--force'] : command.args;
      for (const file of files) rmSync(at(file), { force: true });
      if (replaces) expect(run(command.args).stderr).toBe('');
      const calls = callsOf(args);
      expect(calls).toBeGreaterThan(10);
      let [tried, killed, kept, changed] = [0, 0, 0, 0];
      // All calls if there are few. Keys are written in many similar calls.
      const step = Math.max(1, Math.floor(calls / 8));
      for (let call = 1; call <= calls + (replaces ? 1 : 0); call += call > calls - 7 ? 1 : step) {
        if (!replaces) for (const file of files) rmSync(at(file), { force: true });
        const before = contents(files);
        const half = call % 2 === 0 ? '1' : '0';
        const { signal } = run(args, { KILL_AT: `${call}`, KILL_HALF: half });
        if (call <= calls) tried++;
        if (signal === 'SIGKILL') killed++;
        const after = contents(files);
        for (const [i, file] of files.entries()) {
          const old = before[i];
          const now = after[i];
          if (now === undefined) expect(old, `${name}, call ${call}: ${file}`).toBeUndefined();
          else if (old?.equals(now)) kept++;
          else {
            // All checksums are right.
            await inspect(at(file));
            changed++;
          }
        }
        clean();
      }
      expect(killed).toBe(tried);
      expect(killed).toBeGreaterThanOrEqual(10);
      if (replaces) expect(kept).toBeGreaterThan(0);
      expect(changed).toBeGreaterThan(0);
    });
  },
);

test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves nothing behind', async (signal) => {
  const before = readdirSync(space.path);
  let seen = false;
  for (const after of [300, 600, 900]) {
    const child = spawn(process.execPath, [bin, 'keygen', 'plan.json', '-o', 'other'], {
      cwd: space.path,
      stdio: 'ignore',
    });
    setTimeout(() => child.kill(signal), after);
    const [status] = await once(child, 'exit');
    if (status === 0) break;
    seen = true;
    const left = existsSync(at('other')) ? readdirSync(at('other')) : [];
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    rmSync(at('other'), { recursive: true, force: true });
  }
  rmSync(at('other'), { recursive: true, force: true });
  expect(seen).toBe(true);
  expect(readdirSync(space.path)).toEqual(before);
});
