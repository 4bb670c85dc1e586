import type { MemoryPrediction } from './memory.ts';

/** WebAssembly addresses 4 GiB; what a prediction may be off by is left. */
export const largestHeapBytes = 3.25 * 2 ** 30;

/** There is too little memory for an evaluation, even with one key of each level at a time. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  /** What it would take at least. */
  readonly least: MemoryPrediction;
  readonly jobs: number;

  constructor(least: MemoryPrediction, jobs: number) {
    super(`the evaluation takes ${jobs * least.heap} bytes of memory at least`);
    this.least = least;
    this.jobs = jobs;
  }
}
