import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/**
 * Lets the system refuse a call of the process that preloads it: call number REFUSE_AT on files of
 * the thread that works (or with REFUSE_MAIN, of the main thread) fails with the error REFUSE_CODE,
 * and so do all later ones, as on a disk that is full.
 */

const refuseAt = Number(process.env.REFUSE_AT);
const code = process.env.REFUSE_CODE ?? 'ENOSPC';
let count = 0;

const CALLS = [
  'openSync',
  'readSync',
  'writeSync',
  'fsyncSync',
  'renameSync',
  'mkdirSync',
] as const;

if (isMainThread === (process.env.REFUSE_MAIN === '1')) {
  for (const syscall of CALLS) {
    const original = fs[syscall] as (...values: unknown[]) => unknown;
    Object.assign(fs, {
      [syscall]: (...values: unknown[]) => {
        // Node reads modules with the same calls.
        if (new Error().stack?.includes('node:internal/modules')) return original(...values);
        count++;
        if (count < refuseAt) return original(...values);
        const message = `${code}: refused, ${syscall}`;
        throw Object.assign(new Error(message), { code, syscall, path: values[0] });
      },
    });
  }
  syncBuiltinESMExports();
}
