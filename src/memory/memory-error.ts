import { ShoalError } from '../errors/shoal-error.ts';
import type { MemoryPrediction } from './predict-memory.ts';
import { showBytes } from './show-bytes.ts';

/**
 * Limit on the predicted bytes of a heap. WebAssembly addresses 4 GiB; the rest allows for errors
 * of the prediction.
 */
export const LARGEST_HEAP_BYTES = 3.25 * 2 ** 30;

/** The bytes available for an evaluation. */
export interface MemoryLimits {
  /** The bytes for the WebAssembly memory of each worker. */
  readonly heap: number;
  /** The bytes for all workers and the keys stored outside. */
  readonly machine: number;
}

/**
 * Returns the error for an evaluation that does not fit in memory, even with one key of each level
 * at a time.
 *
 * @param least the least memory that the evaluation takes
 * @param limits the available memory
 */
export function memoryError(
  least: MemoryPrediction,
  jobs: number,
  limits: MemoryLimits,
): ShoalError {
  const detail =
    least.heap > limits.heap
      ? heapTooSmall(least, jobs, limits)
      : machineTooSmall(least, jobs, limits);
  return new ShoalError('memory-too-small', `the evaluation does not fit in memory: ${detail}`);
}

const COMPUTE_LESS = 'compute less in one evaluation: smaller sizes (-D), or part of the data';

function heapTooSmall(least: MemoryPrediction, jobs: number, limits: MemoryLimits): string {
  const { contexts, loadedKeys, ciphertexts, heap } = least;
  const parts = [
    `${showBytes(ciphertexts)} of ciphertexts`,
    `${showBytes(loadedKeys)} for one key of each level`,
    `${showBytes(contexts)} of SEAL's tables`,
    'and overhead',
  ].join(', ');
  const who = jobs === 1 ? 'it' : `each of ${jobs} workers`;
  const needs = `${who} needs ${showBytes(heap)} (${parts})`;
  if (heap <= LARGEST_HEAP_BYTES) {
    const size = Math.ceil((jobs * heap) / 2 ** 20);
    return `${needs}; ${showBytes(limits.heap)} are available; give --memory ${size}MiB or more`;
  }
  const advice =
    ciphertexts > loadedKeys + contexts
      ? COMPUTE_LESS
      : 'reduce the levels, which makes keys and tables smaller: a smaller --precision, or a circuit of less depth';
  return `${needs}; the limit is ${showBytes(LARGEST_HEAP_BYTES)}, because WebAssembly addresses only 4 GiB; ${advice}`;
}

function machineTooSmall(least: MemoryPrediction, jobs: number, limits: MemoryLimits): string {
  const { storedKeys, total } = least;
  const needs = `it needs ${showBytes(total)} (${showBytes(storedKeys)} for keys and ${showBytes(jobs * least.heap)} of WebAssembly memory)`;
  const advice =
    2 * storedKeys > total
      ? 'reduce --memory, so that rotations of real numbers share keys, or the levels, which makes keys smaller'
      : COMPUTE_LESS;
  return `${needs}; ${showBytes(limits.machine)} are available; ${advice}`;
}
