import { Worker } from 'node:worker_threads';
import { ShoalError } from '../errors/shoal-error.ts';
import { removeFile } from '../platform/files.ts';
import { reasonOf } from '../platform/system-errors.ts';
import type { Job } from './commands.ts';
import type { JobMessage, JobTask } from './job-worker.ts';
import type { DisplayOptions, Outcome, Progress } from './outcome.ts';

/** The worker beside this file, which is TypeScript when shoal runs from source. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './job-worker.ts' : './job-worker.js',
  import.meta.url,
);

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Receives the paths of temporary files. They are removed at the end, whatever it is. */
  readonly temporaries: string[];
  readonly progress?: Progress;
}

/**
 * Runs a job in a worker, so that this thread can draw progress and receive signals.
 *
 * @throws ShoalError if the worker dies, or the signal's reason if it is aborted
 */
export async function runInWorker(
  job: Job,
  view: DisplayOptions,
  options: WatchOptions,
): Promise<Outcome> {
  const task: JobTask = { job, view, watched: options.progress !== undefined };
  const worker = new Worker(WORKER_FILE, {
    workerData: task,
    // Node warns if a stream closes what the worker has opened. This process ends with the worker.
    trackUnmanagedFds: false,
  });
  try {
    return await outcomeOf(worker, options);
  } finally {
    await worker.terminate();
    // A terminated worker does not remove its temporary files itself.
    for (const path of options.temporaries) removeFile(path);
  }
}

function outcomeOf(
  worker: Worker,
  { signal, temporaries, progress }: WatchOptions,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.on('message', (message: JobMessage) => {
      if (message.kind === 'outcome') resolve(message.outcome);
      else if (message.kind === 'temporary') temporaries.push(message.path);
      else progress?.(message.done, message.total, message.phase);
    });
    worker.on('error', (error) => reject(startFailure(error) ?? error));
    worker.on('exit', () => reject(new ShoalError('worker-died', 'the worker ended early')));
  });
}

/** How Node says that the system did not let a worker start, or not read its code. */
const START_FAILURES = [
  /^Worker initialization failure: (?<code>E[A-Z]+)$/,
  /^Cannot read package config .*: (?<reason>.+?)\.?$/,
];

/** Returns the error for a worker that the system did not let start. */
function startFailure({ message }: Error): ShoalError | undefined {
  for (const pattern of START_FAILURES) {
    const { code, reason } = pattern.exec(message)?.groups ?? {};
    const said = code === undefined ? reason : reasonOf({ code, message });
    if (said === undefined) continue;
    return new ShoalError('worker-died', `the worker cannot start: ${said}`);
  }
  return undefined;
}
