import { parentPort, workerData } from 'node:worker_threads';
import { type EvaluatedModel, type EvaluationTask, evaluateModel } from './evaluation.ts';
import { type RunRefusal, refusalOf } from './run-outcome.ts';

/** What the worker says. */
export type EvaluationMessage =
  | { readonly progress: readonly [done: number, total: number, phase: string] }
  | { readonly outcome: EvaluatedModel | RunRefusal };

/** Milliseconds between two reports of progress in one phase. */
const REPORT_INTERVAL = 100;
let last = { phase: '', at: 0 };

const say = (message: EvaluationMessage): void => parentPort?.postMessage(message);

const outcome = await evaluateModel(workerData as EvaluationTask, (done, total, phase) => {
  const at = performance.now();
  if (phase === last.phase && at - last.at < REPORT_INTERVAL) return;
  last = { phase, at };
  say({ progress: [done, total, phase] });
}).catch(refusalOf);
say({ outcome });
