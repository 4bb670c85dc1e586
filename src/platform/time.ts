import { setImmediate as immediate } from 'node:timers/promises';

/** Returns the milliseconds since the program started, with fractions. */
export function now(): number {
  return performance.now();
}

/** Lets the event loop handle the messages and timers that are due. */
export async function nextTurn(): Promise<void> {
  await immediate();
}
