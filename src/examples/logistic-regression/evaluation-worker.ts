import { parentPort, workerData } from 'node:worker_threads';
import { type EvaluatedModel, type EvaluationTask, evaluateModel } from './evaluation.ts';
import { type RunRefusal, refusalOf } from './run-outcome.ts';

/** A message of the worker: progress, or the result that ends it. */
export type EvaluationMessage =
  | { readonly progress: readonly [done: number, total: number, phase: string] }
  | { readonly outcome: EvaluatedModel | RunRefusal };

/** Minimum time between two progress reports of the same phase, in milliseconds. */
const REPORT_INTERVAL = 100;
let last = { phase: '', at: 0 };

const post = (message: EvaluationMessage): void => parentPort?.postMessage(message);

const outcome = await evaluateModel(workerData as EvaluationTask, (done, total, phase) => {
  const at = performance.now();
  if (phase === last.phase && at - last.at < REPORT_INTERVAL) return;
  last = { phase, at };
  post({ progress: [done, total, phase] });
}).catch(refusalOf);
post({ outcome });
