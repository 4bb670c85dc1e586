import type { MemoryPrediction } from './memory.ts';

/** WebAssembly addresses 4 GiB; what a prediction may be off by is left. */
export const largestHeapBytes = 3.25 * 2 ** 30;

/** Bytes that there are for an evaluation. */
export interface MemoryLimits {
  /** For the WebAssembly memory of each worker. */
  readonly heap: number;
  /** For all of them and the keys that are kept outside. */
  readonly machine: number;
}

/** There is too little memory for an evaluation, even with one key of each level at a time. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  /** What it would take at least. */
  readonly least: MemoryPrediction;
  readonly jobs: number;
  /** What there is. */
  readonly limits: MemoryLimits;

  constructor(least: MemoryPrediction, jobs: number, limits: MemoryLimits) {
    const { heap, machine } = limits;
    super(
      least.heap > heap
        ? `the evaluation takes ${jobs * least.heap} bytes of WebAssembly memory at least, there are ${jobs * heap}`
        : `the evaluation takes ${least.total} bytes of memory at least, there are ${machine}`,
    );
    this.least = least;
    this.jobs = jobs;
    this.limits = limits;
  }
}
