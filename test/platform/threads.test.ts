import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { ranOutOfMemory } from '../../src/platform/system-errors.ts';
import { listen, messagesOf, openChannel, startThread } from '../../src/platform/threads.ts';
import { nextTurn } from '../../src/platform/time.ts';
import type { Deed, Task } from './thread.ts';

const module = new URL('./thread.ts', import.meta.url);

async function answerOf(deed: Deed): Promise<string> {
  const [own, port] = openChannel();
  const thread = startThread<Task, string>(module, { deed, port }, [port]);
  try {
    return await thread.answer;
  } finally {
    await thread.end();
    own.close();
  }
}

test('a thread answers once', async () => {
  expect(await answerOf('answer')).toBe('done');
});

test.each(['throw', 'throw later', 'reject'] as const)(
  'an error that a thread does not catch reaches its starter: %s',
  async (deed) => {
    await expect(answerOf(deed)).rejects.toThrow('a deliberate fault');
  },
);

test('the answer of a thread that was ended is rejected', async () => {
  const [own, port] = openChannel();
  const thread = startThread<Task, string>(module, { deed: 'wait', port }, [port]);
  const answer = expect(thread.answer).rejects.toThrow('the thread has ended without an answer');
  await thread.end();
  await answer;
  own.close();
});

test('a thread that runs out of memory is recognized', async () => {
  const { port1: own, port2: port } = new MessageChannel();
  const worker = new Worker(module, {
    workerData: { deed: 'fill memory', port },
    transferList: [port],
    resourceLimits: { maxOldGenerationSizeMb: 32 },
  });
  const [death] = await once(worker, 'error');
  expect(ranOutOfMemory(death)).toBe(true);
  expect(ranOutOfMemory(new Error('another'))).toBe(false);
  own.close();
});

test('messages are received in order, or one by one', async () => {
  const [here, there] = openChannel();
  const received: number[] = [];
  listen(here, (message: number) => received.push(message));
  there.postMessage(1);
  there.postMessage(2);
  here.postMessage('first');
  here.postMessage('second');
  const messages = messagesOf<string>(there);
  expect((await messages.next()).value).toBe('first');
  await nextTurn();
  expect((await messages.next()).value).toBe('second');
  expect(received).toEqual([1, 2]);
  here.close();
});
