import { availableParallelism, cpus } from 'node:os';
import type { Measurement } from './table-results.ts';
import type { MeasuredRow } from './table-rows.ts';

/** A training to measure, and the limit on workers. */
export interface Run {
  readonly row: MeasuredRow;
  /** Number of minibatches. */
  readonly k: number;
  readonly jobs: number;
}

/** The step size of all runs. */
export const STEP = 3;
/** Number of samples in a minibatch. */
export const SAMPLES = 64;
/** Memory for each worker. All keys stay loaded if they fit into WebAssembly (4 GiB) at all. */
const MEMORY_GIB = 3.5;

/** Returns the options of `shoal eval` that all runs share. */
export const runOptions = (jobs: number): readonly string[] => [
  ...['--jobs', `${jobs}`, '--memory', `${MEMORY_GIB * jobs}GiB`],
];

/** Returns a description of this machine and the date of today. */
export function thisMachine(): Measurement['machine'] {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  };
}
