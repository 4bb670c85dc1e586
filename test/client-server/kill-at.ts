import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/**
 * Preloaded, it kills the process in the middle of what it does with files: before the call whose number KILL_AT says,
 * or, if KILL_HALF is set, after half of the bytes of that call are written. The number of the last call is left in the
 * file KILL_LOG.
 */

const wanted = Number(process.env.KILL_AT);
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
      // Node opens modules, too.
      if (name === 'openSync' && !`${args[0]}`.endsWith('.tmp')) return original(...args);
      count++;
      if (log !== undefined) write(log, `${count}`, 0);
      if (count === wanted) {
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

// Commands work in a thread of their own.
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
