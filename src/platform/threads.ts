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

/**
 * One end of a channel. It can be moved to another thread, at that thread's start or in a message.
 */
export type Port = MessagePort;

/** Opens a channel and returns its two ends. Each receives what is posted at the other. */
export function openChannel(): readonly [Port, Port] {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}

/** Calls `listener` with each message. Keeps the thread alive until the port is closed. */
export function listen<T>(port: Port, listener: (message: T) => void): void {
  port.on('message', listener);
}

/** Yields the messages of a port one by one. */
export async function* messagesOf<T>(port: Port): AsyncGenerator<T> {
  for await (const [message] of on(port, 'message')) yield message;
}

/** A thread that does one task. */
export interface Thread<Answer> {
  /** The result of the task; rejected if the thread ends before it has one. */
  readonly answer: Promise<Answer>;
  /** Ends the thread at once, whatever it is doing, and waits until it has ended. */
  end(): Promise<void>;
}

/**
 * Starts a thread.
 *
 * @param module its code, which calls {@link answerTask}
 * @param task plain data, and objects that are listed in `moved`
 * @param moved objects that this thread hands over and can no longer use
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

/** Does the task that this thread was started for. What `work` returns is the thread's answer. */
export function answerTask<Task, Answer>(work: (task: Task) => Promise<Answer>): void {
  // Nobody catches a rejection here, so it ends the thread with an error.
  work(workerData as Task).then((answer) => defined(parentPort).postMessage(answer));
}
