import { parentPort, workerData } from 'node:worker_threads';
import type { Job } from './commands.ts';
import type { DisplayOptions, Outcome, Progress } from './outcome.ts';
import { runJob } from './run-job.ts';

/** What a worker is started with. */
export interface JobTask {
  readonly job: Job;
  readonly view: DisplayOptions;
  /** Whether anybody watches the progress. */
  readonly watched: boolean;
}

/** What a worker says. */
export type JobMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number; phase: string }
  | { readonly kind: 'temporary'; readonly path: string }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

/** Milliseconds between two reports of progress in one phase. */
const REPORT_INTERVAL = 100;

const { job, view, watched } = workerData as JobTask;
let last = { phase: '', at: 0 };

const say = (message: JobMessage): void => parentPort?.postMessage(message);

const progress: Progress = (done, total, phase) => {
  const now = performance.now();
  if (!watched || (phase === last.phase && now - last.at < REPORT_INTERVAL)) return;
  last = { phase, at: now };
  say({ kind: 'progress', done, total, phase });
};

const outcome = await runJob(job, view, progress, (path) => say({ kind: 'temporary', path }));
say({ kind: 'outcome', outcome });
