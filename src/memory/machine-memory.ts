import { totalmem } from 'node:os';

/** Bytes of memory that this process may have: all of the machine, or of the container that it runs in. */
export function machineBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
