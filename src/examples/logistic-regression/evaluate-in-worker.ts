import { Worker } from 'node:worker_threads';
import { ShoalError } from '../../index.ts';
import type { EvaluatedModel, EvaluationTask } from './evaluation.ts';
import type { EvaluationMessage } from './evaluation-worker.ts';
import type { RunRefusal } from './run-outcome.ts';
import type { TrainingProgress } from './training-progress.ts';

const WORKER_FILE = new URL('./evaluation-worker.ts', import.meta.url);

/**
 * Evaluates in a worker. This thread stays free to draw progress and to handle signals, because
 * compiling and single operations of SEAL take long.
 *
 * @throws ShoalError when the worker dies, and the signal's reason when it is aborted
 */
export async function evaluateInWorker(
  task: EvaluationTask,
  signal: AbortSignal,
  onProgress: TrainingProgress,
): Promise<EvaluatedModel | RunRefusal> {
  const worker = new Worker(WORKER_FILE, { workerData: task });
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.on('message', (message: EvaluationMessage) => {
        if ('outcome' in message) resolve(message.outcome);
        else onProgress(...message.progress);
      });
      worker.on('error', (error: NodeJS.ErrnoException) => reject(workerError(error)));
      worker.on('exit', () =>
        reject(new ShoalError('worker-died', 'the worker ended before it sent a result')),
      );
    });
  } finally {
    await worker.terminate();
  }
}

function workerError(error: NodeJS.ErrnoException): unknown {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  const help = 'give Node more memory, as in NODE_OPTIONS=--max-old-space-size=8192';
  return new ShoalError('out-of-memory', `out of memory: ${help}`);
}
