import { ShoalError } from '../errors/shoal-error.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { WorkExceeded, type WorkMeter } from '../work-meter.ts';

/**
 * Default limit on the operations that a compilation examines. Most programs need a thousandth of
 * it; the search of -O3 uses it up where matrices have many layouts.
 */
export const DEFAULT_BUDGET = 16_000_000;

/** Smallest share of a task in all work that a message names. */
const NAMED_SHARE = 0.1;

/**
 * Compiles a program, or a part of the work on it, within the limit of a meter.
 *
 * @throws ShoalError `too-large`, with the tasks that took the work
 */
export function withinBudget<T>({ file }: Source, work: WorkMeter, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof WorkExceeded)) throw error;
    const tasks = work.shares().filter(({ share }) => share >= NAMED_SHARE);
    const parts = tasks.map(({ task, share }) => `${task} ${Math.round(100 * share)} %`);
    const message =
      `compiling ${error.message} (${parts.join(', ')}): write fewer or smaller ` +
      'loops and tensors, lower the optimization level, or raise --budget';
    throw new ShoalError('too-large', message, { file });
  }
}
