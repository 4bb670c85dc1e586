import { availableParallelism, cpus } from 'node:os';
import type { Measurement } from './table-results.ts';
import type { MeasuredRow } from './table-rows.ts';

/** What is measured, and with how many workers at most. */
export interface Run {
  readonly row: MeasuredRow;
  /** Minibatches. */
  readonly k: number;
  readonly jobs: number;
}

/** The length of steps, in every run. */
export const STEP = 3;
/** Samples in a minibatch. */
export const SAMPLES = 64;
/** Memory for each worker, so that keys stay loaded where they fit WebAssembly's 4 GiB at all. */
const MEMORY_GIB = 3.5;

/** Options of `shoal eval` that all runs share. */
export const runOptions = (jobs: number): readonly string[] => [
  ...['--jobs', `${jobs}`, '--memory', `${MEMORY_GIB * jobs}GiB`],
];

/** Where something was measured, and when. */
export function thisMachine(): Measurement['machine'] {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  };
}
