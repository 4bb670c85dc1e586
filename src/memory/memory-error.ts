import { ShoalError } from '../errors/shoal-error.ts';
import type { MemoryPrediction } from './predict-memory.ts';
import { showBytes } from './show-bytes.ts';

/** WebAssembly addresses 4 GiB; what a prediction may be off by is left. */
export const LARGEST_HEAP_BYTES = 3.25 * 2 ** 30;

/** Bytes that there are for an evaluation. */
export interface MemoryLimits {
  /** For the WebAssembly memory of each worker. */
  readonly heap: number;
  /** For all of them and the keys that are kept outside. */
  readonly machine: number;
}

/**
 * The error where there is too little memory for an evaluation, even with one key of each level at a time.
 *
 * @param least what it would take at least
 * @param limits what there is
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

const LESS_AT_ATIME =
  'compute less in one evaluation: smaller sizes (-D), or a part of the data at a time';

function heapTooSmall(least: MemoryPrediction, jobs: number, limits: MemoryLimits): string {
  const { contexts, loadedKeys, ciphertexts, heap } = least;
  const parts = [
    `${showBytes(ciphertexts)} of ciphertexts`,
    `${showBytes(loadedKeys)} for one key of each level`,
    `${showBytes(contexts)} of tables`,
    'and what goes with them',
  ].join(', ');
  const who = jobs === 1 ? 'it' : `each of ${jobs} workers`;
  const takes = `${who} takes ${showBytes(heap)}, ${parts}`;
  if (heap <= LARGEST_HEAP_BYTES) {
    const size = Math.ceil((jobs * heap) / 2 ** 20);
    return `${takes}; there are ${showBytes(limits.heap)}; give --memory ${size}MiB or more`;
  }
  const cure =
    ciphertexts > loadedKeys + contexts
      ? LESS_AT_ATIME
      : 'keys and tables are smaller with fewer levels: a smaller --precision, or a circuit of less depth';
  return `${takes}; of WebAssembly's 4 GiB no more than ${showBytes(LARGEST_HEAP_BYTES)} may be predicted; ${cure}`;
}

function machineTooSmall(least: MemoryPrediction, jobs: number, limits: MemoryLimits): string {
  const { storedKeys, total } = least;
  const takes = `it takes ${showBytes(total)}, ${showBytes(storedKeys)} for keys and ${showBytes(jobs * least.heap)} of WebAssembly memory`;
  const cure =
    2 * storedKeys > total
      ? 'rotations of real numbers share keys where --memory is small; fewer levels make keys smaller'
      : LESS_AT_ATIME;
  return `${takes}; there are ${showBytes(limits.machine)}; ${cure}`;
}
