import { Worker } from 'node:worker_threads';
import { ShoalError } from '../../index.ts';
import type { EvaluatedModel, EvaluationTask } from './evaluation.ts';
import type { EvaluationMessage } from './evaluation-worker.ts';
import type { RunRefusal } from './run-outcome.ts';
import type { TrainingProgress } from './training-progress.ts';

const WORKER_FILE = new URL('./evaluation-worker.ts', import.meta.url);

/**
 * Evaluates in a worker, which leaves this thread free to draw and to hear signals: compiling, and
 * SEAL's single operations, take long.
 *
 * @throws ShoalError if the worker dies, or the signal's reason
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
