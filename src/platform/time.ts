import { setImmediate as immediate } from 'node:timers/promises';

/** Milliseconds since the program was started, in fractions. */
export function now(): number {
  return performance.now();
}

/** Lets the thread hear messages and timers that are due. */
export async function nextTurn(): Promise<void> {
  await immediate();
}
