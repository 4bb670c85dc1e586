import { totalmem } from 'node:os';

/** Name and version of the runtime, for messages. */
export const HOST_NAME = `Node ${process.version}`;

/** Returns the bytes of memory of the machine, or of the container that the process runs in. */
export function machineBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Returns the largest resident set of this process so far, in bytes. */
export function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
