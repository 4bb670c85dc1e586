import { answerTask, listen, type Port } from '../../src/platform/threads.ts';

/** What the tested thread does. */
export type Deed = 'answer' | 'throw' | 'throw later' | 'reject' | 'fill memory' | 'wait';

export interface Task {
  readonly deed: Deed;
  /** Keeps the thread alive. */
  readonly port: Port;
}

async function work({ deed, port }: Task): Promise<string> {
  listen(port, () => {});
  switch (deed) {
    case 'answer':
      return 'done';
    case 'throw':
      throw new Error('a deliberate fault');
    case 'throw later':
      setTimeout(() => {
        throw new Error('a deliberate fault');
      });
      break;
    case 'reject':
      Promise.reject(new Error('a deliberate fault'));
      break;
    case 'fill memory':
      for (const kept: unknown[] = []; ; ) kept.push([kept]);
  }
  return new Promise(() => {});
}

answerTask(work);
