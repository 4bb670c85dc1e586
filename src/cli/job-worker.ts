import { parentPort, workerData } from 'node:worker_threads';
import type { Job } from './commands.ts';
import type { DisplayOptions, Outcome, Progress } from './outcome.ts';
import { runJob } from './run-job.ts';

/** The data that a worker starts with. */
export interface JobTask {
  readonly job: Job;
  readonly view: DisplayOptions;
  /** Whether progress is displayed. */
  readonly watched: boolean;
}

/** A message from a worker. */
export type JobMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number; phase: string }
  | { readonly kind: 'temporary'; readonly path: string }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

/** Time between two progress messages in the same phase, in ms. */
const REPORT_INTERVAL = 100;

const { job, view, watched } = workerData as JobTask;
let last = { phase: '', time: 0 };

const send = (message: JobMessage): void => parentPort?.postMessage(message);

const progress: Progress = (done, total, phase) => {
  const now = performance.now();
  if (!watched || (phase === last.phase && now - last.time < REPORT_INTERVAL)) return;
  last = { phase, time: now };
  send({ kind: 'progress', done, total, phase });
};

const outcome = await runJob(job, view, progress, (path) => send({ kind: 'temporary', path }));
send({ kind: 'outcome', outcome });
