import { largestHeapBytes, type MemoryError } from '../memory/memory-error.ts';
import { showBytes } from './format.ts';

const lessAtATime =
  'compute less in one evaluation: smaller sizes (-D), or a part of the data at a time';

/** What an evaluation takes that does not fit in memory, what there is, and what to do. */
export function describeMemory(error: MemoryError): string {
  const detail =
    error.least.heap > error.limits.heap ? heapTooSmall(error) : machineTooSmall(error);
  return `the evaluation does not fit in memory: ${detail}`;
}

function heapTooSmall({ least, jobs, limits }: MemoryError): string {
  const { contexts, loadedKeys, ciphertexts, heap } = least;
  const parts = [
    `${showBytes(ciphertexts)} of ciphertexts`,
    `${showBytes(loadedKeys)} for one key of each level`,
    `${showBytes(contexts)} of tables`,
    'and what goes with them',
  ].join(', ');
  const who = jobs === 1 ? 'it' : `each of ${jobs} workers`;
  const takes = `${who} takes ${showBytes(heap)}, ${parts}`;
  if (heap <= largestHeapBytes) {
    const size = Math.ceil((jobs * heap) / 2 ** 20);
    return `${takes}; there are ${showBytes(limits.heap)}; give --memory ${size}MiB or more`;
  }
  const cure =
    ciphertexts > loadedKeys + contexts
      ? lessAtATime
      : 'keys and tables are smaller with fewer levels: a smaller --precision, or a circuit of less depth';
  return `${takes}; of WebAssembly's 4 GiB no more than ${showBytes(largestHeapBytes)} may be predicted; ${cure}`;
}

function machineTooSmall({ least, jobs, limits }: MemoryError): string {
  const { storedKeys, total } = least;
  const takes = `it takes ${showBytes(total)}, ${showBytes(storedKeys)} for keys and ${showBytes(jobs * least.heap)} of WebAssembly memory`;
  const cure =
    2 * storedKeys > total
      ? 'rotations of real numbers share keys where --memory is small; fewer levels make keys smaller'
      : lessAtATime;
  return `${takes}; there are ${showBytes(limits.machine)}; ${cure}`;
}
