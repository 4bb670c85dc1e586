import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/**
 * Kills the process that preloads it in the middle of its work with files: before call number
 * KILL_AT, or with KILL_HALF after half of the bytes of that call. Writes the number of the last
 * call to the file KILL_LOG.
 */

const killAt = Number(process.env.KILL_AT);
const half = process.env.KILL_HALF === '1';
const log =
  !isMainThread && process.env.KILL_LOG ? fs.openSync(process.env.KILL_LOG, 'w') : undefined;
const write = fs.writeSync;
let count = 0;

function watch(
  name: 'openSync' | 'writeSync' | 'fsyncSync' | 'renameSync' | 'linkSync' | 'rmSync' | 'mkdirSync',
): void {
  const original = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      // Node opens modules, too, which do not count.
      if (name === 'openSync' && !`${args[0]}`.endsWith('.tmp')) return original(...args);
      count++;
      if (log !== undefined) write(log, `${count}`, 0);
      if (count === killAt) {
        if (half && name === 'writeSync') {
          const bytes = args[1] as Uint8Array;
          original(args[0], bytes.subarray(0, bytes.length >> 1));
        }
        process.kill(process.pid, 'SIGKILL');
      }
      return original(...args);
    },
  });
}

// Commands work in a thread besides the main one.
if (!isMainThread) {
  for (const name of [
    'openSync',
    'writeSync',
    'fsyncSync',
    'renameSync',
    'linkSync',
    'rmSync',
    'mkdirSync',
  ] as const) {
    watch(name);
  }
  syncBuiltinESMExports();
}
