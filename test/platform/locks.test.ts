import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { lock, unlock } from '../../src/platform/locks.ts';
import { workspace } from '../cli/support.ts';

const space = workspace();
afterAll(() => space.remove());
let locks = 0;
const newPath = () => join(space.path, `lock${++locks}`);
/** A process that has ended. */
const { pid: dead } = spawnSync(process.execPath, ['-e', '']);

test('a lock names its process and is there until it is given back', async () => {
  const path = newPath();
  expect(await lock(path, 0)).toBe(true);
  expect(readlinkSync(path)).toBe(`${process.pid}@${hostname()}`);
  unlock(path);
  expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('a lock of a living process is waited for, and not longer than permitted', async () => {
  const path = newPath();
  expect(await lock(path, 0)).toBe(true);
  expect(await lock(path, 30)).toBe(false);
  const second = lock(path, 60_000);
  await sleep(30);
  unlock(path);
  expect(await second).toBe(true);
});

test('a lock of a process that was killed is taken over, but not one of another machine', async () => {
  const path = newPath();
  symlinkSync(`${dead}@${hostname()}`, path);
  expect(await lock(path, 1000)).toBe(true);
  expect(readlinkSync(path)).toBe(`${process.pid}@${hostname()}`);
  const foreign = newPath();
  symlinkSync(`${dead}@${hostname()}.example`, foreign);
  expect(await lock(foreign, 0)).toBe(false);
  expect(space.list().filter((name) => name.startsWith('lock'))).toEqual([
    'lock2',
    'lock3',
    'lock4',
  ]);
});

test('nothing is locked where there are no symbolic links', async () => {
  const nowhere = join(space.path, 'no/lock');
  expect(await lock(nowhere, 0)).toBe(true);
  expect(existsSync(nowhere)).toBe(false);
});
