import { on } from 'node:events';
import {
  MessageChannel,
  type MessagePort,
  parentPort,
  type Transferable,
  Worker,
  workerData,
} from 'node:worker_threads';
import { defined } from '../lookup.ts';

/** One end of a channel; it can be moved to another thread, at its start or in a message. */
export type Port = MessagePort;

/** The two ends of a new channel: what is posted at one is heard at the other. */
export function openChannel(): readonly [Port, Port] {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}

/** Calls `listener` with each message until the port is closed, which keeps the thread alive. */
export function hear<T>(port: Port, listener: (message: T) => void): void {
  port.on('message', listener);
}

/** The messages one by one: the next is taken when the one before is done with. */
export async function* messagesOf<T>(port: Port): AsyncGenerator<T> {
  for await (const [message] of on(port, 'message')) yield message;
}

/** A thread that does one piece of work. */
export interface Thread<Answer> {
  /** What the work has returned; rejected if the thread ends before. */
  readonly answer: Promise<Answer>;
  /** Ends the thread wherever it is, and waits for that. */
  end(): Promise<void>;
}

/**
 * Starts a thread.
 *
 * @param module calls {@link answerTask}
 * @param task plain data and what lies in `moved`
 * @param moved what this thread gives away
 */
export function startThread<Task, Answer>(
  module: URL,
  task: Task,
  moved: readonly Transferable[] = [],
): Thread<Answer> {
  const worker = new Worker(module, { workerData: task, transferList: [...moved] });
  const answer = new Promise<Answer>((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the thread has ended without an answer')));
  });
  return { answer, end: async () => void (await worker.terminate()) };
}

/** Does the work that this thread was started for: `work` gets the task, and what it returns is the answer. */
export function answerTask<Task, Answer>(work: (task: Task) => Promise<Answer>): void {
  // What is rejected is caught nowhere, and so it ends the thread.
  work(workerData as Task).then((answer) => defined(parentPort).postMessage(answer));
}

/** Whether a thread ended because it had no memory left. */
export function ranOutOfMemory(death: unknown): boolean {
  return (death as { readonly code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY';
}
