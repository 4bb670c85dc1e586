import { Worker } from 'node:worker_threads';
import { ShoalError } from '../../index.ts';
import type { Evaluated, EvaluationTask } from './evaluation.ts';
import type { WorkerMessage } from './evaluation-worker.ts';
import type { Refusal } from './outcome.ts';
import type { Progress } from './progress.ts';

const workerFile = new URL('./evaluation-worker.ts', import.meta.url);

/**
 * Evaluates in a worker, which leaves this thread free to draw and to hear signals: compiling, and
 * SEAL's single operations, take long.
 *
 * @throws ShoalError if the worker dies, or the signal's reason
 */
export async function evaluateInWorker(
  task: EvaluationTask,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<Evaluated | Refusal> {
  const worker = new Worker(workerFile, { workerData: task });
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.on('message', (message: WorkerMessage) => {
        if ('outcome' in message) resolve(message.outcome);
        else onProgress(...message.progress);
      });
      worker.on('error', (error: NodeJS.ErrnoException) => reject(deathOf(error)));
      worker.on('exit', () => reject(new ShoalError('worker-died', 'the worker ended early')));
    });
  } finally {
    await worker.terminate();
  }
}

function deathOf(error: NodeJS.ErrnoException): unknown {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  const help = 'give Node more, as in NODE_OPTIONS=--max-old-space-size=8192';
  return new ShoalError('out-of-memory', `out of memory: ${help}`);
}
