import { totalmem } from 'node:os';

/** What runs the program, for messages. */
export const HOST_NAME = `Node ${process.version}`;

/** Bytes of memory that this process may have: all of the machine, or of the container that it runs in. */
export function machineBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Largest resident set of this process so far, in bytes. */
export function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
