import { parentPort, workerData } from 'node:worker_threads';
import { type Evaluated, type EvaluationTask, evaluate } from './evaluation.ts';
import { type Refusal, refusalOf } from './outcome.ts';

/** What the worker says. */
export type WorkerMessage =
  | { readonly progress: readonly [done: number, total: number, phase: string] }
  | { readonly outcome: Evaluated | Refusal };

/** Milliseconds between two reports of progress in one phase. */
const reportInterval = 100;
let last = { phase: '', at: 0 };

const say = (message: WorkerMessage): void => parentPort?.postMessage(message);

const outcome = await evaluate(workerData as EvaluationTask, (done, total, phase) => {
  const at = performance.now();
  if (phase === last.phase && at - last.at < reportInterval) return;
  last = { phase, at };
  say({ progress: [done, total, phase] });
}).catch(refusalOf);
say({ outcome });
