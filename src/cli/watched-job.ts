import { Worker } from 'node:worker_threads';
import { ShoalError } from '../errors/shoal-error.ts';
import { removeFile } from '../platform/files.ts';
import { ranOutOfMemory } from '../platform/threads.ts';
import type { Job } from './commands.ts';
import type { JobMessage, JobTask } from './job-worker.ts';
import type { DisplayOptions, Outcome, Progress } from './outcome.ts';

/** Beside this file, which is TypeScript when it is run from source. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './job-worker.ts' : './job-worker.js',
  import.meta.url,
);

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly progress?: Progress;
}

/**
 * Does a job in a worker, which leaves this thread free to draw and to listen signals.
 *
 * @throws ShoalError if the worker dies, or whatever the signal is aborted with
 */
export async function runInWorker(
  job: Job,
  view: DisplayOptions,
  options: WatchOptions,
): Promise<Outcome> {
  const task: JobTask = { job, view, watched: options.progress !== undefined };
  const worker = new Worker(WORKER_FILE, { workerData: task });
  const temporaries: string[] = [];
  try {
    return await outcomeOf(worker, options, temporaries);
  } finally {
    await worker.terminate();
    // A thread that is ended takes nothing away itself.
    for (const path of temporaries) removeFile(path);
  }
}

function outcomeOf(
  worker: Worker,
  { signal, progress }: WatchOptions,
  temporaries: string[],
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.on('message', (message: JobMessage) => {
      if (message.kind === 'outcome') resolve(message.outcome);
      else if (message.kind === 'temporary') temporaries.push(message.path);
      else progress?.(message.done, message.total, message.phase);
    });
    worker.on('error', (error) => reject(deathOf(error)));
    worker.on('exit', () => reject(new ShoalError('worker-died', 'the worker ended early')));
  });
}

function deathOf(error: unknown): unknown {
  if (!ranOutOfMemory(error)) return error;
  const message = 'out of memory: give Node more, as in NODE_OPTIONS=--max-old-space-size=8192';
  return new ShoalError('out-of-memory', message, undefined, error);
}
