import { readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeFile } from './files.ts';

/** Time between two attempts to get a lock, in ms. */
const INTERVAL = 20;

/**
 * Gets a lock: a symbolic link to nothing, which names the process that has the lock. It is created
 * in one step or not at all, as Emacs does it. Where there are no such links, nothing is locked.
 *
 * @param patience time to wait for another process, in ms
 * @returns whether this process may go on; it then calls {@link unlock}
 */
export async function lock(path: string, patience: number): Promise<boolean> {
  for (let waited = 0; waited <= patience; waited += INTERVAL) {
    try {
      symlinkSync(`${process.pid}@${hostname()}`, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return true;
    }
    if (!removeOfDead(path)) await sleep(INTERVAL);
  }
  return false;
}

/** Gives a lock back. */
export function unlock(path: string): void {
  removeFile(path);
}

/** Removes the lock of a process of this machine that was killed. Returns whether it did that. */
function removeOfDead(path: string): boolean {
  try {
    const holder = readlinkSync(path);
    const [, pid = '', host] = /^(\d+)@(.*)$/.exec(holder) ?? [];
    if (host !== hostname() || isAlive(Number(pid))) return false;
    // Another process may have removed it and locked again since: then its lock is put back.
    const aside = `${path}.${process.pid}`;
    renameSync(path, aside);
    if (readlinkSync(aside) === holder) removeFile(aside);
    else renameSync(aside, path);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user exists, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
