import type { ShoalError } from '../../errors/shoal-error.ts';
import { defined, lookUp } from '../../lookup.ts';
import type { KeyCapacities } from '../../memory/key-paging.ts';
import type { BlockData } from '../../plan/clear-ops.ts';
import type { ValueId } from '../../plan/index-space.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Share } from '../../plan/worker-shares.ts';
import {
  hear,
  openChannel,
  type Port,
  ranOutOfMemory,
  startThread,
  type Thread,
} from '../../platform/threads.ts';
import type { KeyStore } from './key-store.ts';
import { sealError, sealModule } from './load-seal.ts';
import { Mailbox } from './mailbox.ts';
import {
  type ClientMessage,
  errorOf,
  type ShareOutputs,
  sharedData,
  type ThreadError,
  type WorkerMessage,
  type WorkerTask,
} from './worker-protocol.ts';

/** Beside this file, which is TypeScript when it is run from source. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './plan-worker.ts' : './plan-worker.js',
  import.meta.url,
);

/** Message ports of a worker to the others, by their numbers. */
type Ports = ReadonlyMap<number, Port>;

/** What workers do together. */
export interface Work {
  readonly plan: Plan;
  /** By worker; the first is the client's own thread. */
  readonly shares: readonly Share[];
  /** How many keys of a level each worker may have loaded. */
  readonly capacities: KeyCapacities;
  /** Place of each worker's operation in progress, -1 before the first; in memory that they share. */
  readonly places: Int32Array;
}

/**
 * The workers, beyond the client's own thread, that evaluate a plan: a thread for each share but the
 * first, with an instance of SEAL, which makes its context as soon as it is started. When one of them
 * fails or ends, all are lost: `signal` is aborted, with what happened as the reason, and whatever is
 * waited for is rejected with it.
 */
export class WorkerPool {
  readonly #work: Work;
  /** Numbers of the workers. */
  readonly #workers: readonly number[];
  readonly #clients = new Map<number, Port>();
  readonly #threads: Thread<ThreadError>[] = [];
  readonly #answers = new Mailbox<number, WorkerMessage>();
  readonly #lost = new AbortController();
  #heapBytes = 0;
  /** From the client's own thread, number 0, to the workers. */
  readonly ports: Ports;

  static async start(work: Work): Promise<WorkerPool> {
    const ports = portsBetween(work.shares.length);
    const pool = new WorkerPool(work, defined(ports[0]));
    try {
      if (work.shares.length > 1) await pool.#start(ports);
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  private constructor(work: Work, ports: Ports) {
    this.#work = work;
    this.#workers = [...work.shares.keys()].slice(1);
    this.ports = ports;
    this.signal.addEventListener('abort', () => this.#answers.close(this.signal.reason));
  }

  /** Aborted when the workers are lost, or ended. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives the workers their keys. */
  giveKeys(store: KeyStore): void {
    for (const worker of this.#workers) this.#say(worker, { kind: 'keys', store });
  }

  /** Until all workers have their contexts and keys. */
  async ready(): Promise<void> {
    await this.#hear();
  }

  /** Gives a worker a ciphertext of the next run. */
  giveUpload(worker: number, at: ValueId, bytes: Uint8Array<ArrayBuffer>): void {
    this.#say(worker, { kind: 'upload', at, bytes }, [bytes.buffer]);
  }

  /** Runs the workers' shares once; the first share is for the caller to run meanwhile. */
  async run(data: BlockData): Promise<readonly ShareOutputs[]> {
    const { plan, shares } = this.#work;
    for (const worker of this.#workers) {
      this.#say(worker, { kind: 'run', data: sharedData(plan, defined(shares[worker]), data) });
    }
    const answers = await this.#hear();
    const outputs = answers.flatMap((answer) => (answer.kind === 'done' ? [answer] : []));
    this.#heapBytes = outputs.reduce((sum, { heapBytes }) => sum + heapBytes, 0);
    return outputs;
  }

  /** WebAssembly memory of the workers after the last run. */
  get heapBytes(): number {
    return this.#heapBytes;
  }

  /** Gives up, for a reason that others cannot know. */
  abandon(reason: unknown): void {
    this.#lost.abort(reason);
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.abandon(sealError('the workers have been ended'));
    for (const port of this.#clients.values()) port.close();
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  async #start(ports: readonly Ports[]): Promise<void> {
    const module = await sealModule();
    for (const worker of this.#workers) {
      const [own, client] = openChannel();
      hear(own, (message: WorkerMessage) => this.#answers.put(worker, message));
      this.#clients.set(worker, own);
      const links = defined(ports[worker]);
      const { shares, ...work } = this.#work;
      const task = { ...work, module, share: defined(shares[worker]), client, links, worker };
      const moved = [client, ...links.values()];
      const thread = startThread<WorkerTask, ThreadError>(WORKER_FILE, task, moved);
      this.#threads.push(thread);
      thread.answer
        .then(errorOf, (death) => this.#deathOf(worker, death))
        .then((error) => this.abandon(error));
    }
  }

  #say(worker: number, message: ClientMessage, moved: readonly ArrayBuffer[] = []): void {
    lookUp(this.#clients, worker).postMessage(message, [...moved]);
  }

  /** The next message of each worker. */
  #hear(): Promise<readonly WorkerMessage[]> {
    return Promise.all(this.#workers.map((worker) => this.#answers.take(worker)));
  }

  #deathOf(worker: number, death: unknown): ShoalError {
    const end = ranOutOfMemory(death) ? 'ran out of memory' : 'ended';
    const who = `worker ${worker + 1} of ${this.#work.shares.length}`;
    return sealError(`${who} ${end} ${this.#doing(worker)}`, death);
  }

  #doing(worker: number): string {
    const { plan, shares, places } = this.#work;
    const place = Atomics.load(places, worker);
    if (place < 0) return 'before its first operation';
    const at = defined(shares[worker]).ops[place];
    return at === undefined
      ? 'after its last operation'
      : `during operation ${at} (${defined(plan.ops[at]).op})`;
  }
}

/** A channel between any two of `count` workers. */
function portsBetween(count: number): readonly Ports[] {
  const ports = Array.from({ length: count }, () => new Map<number, Port>());
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const [here, there] = openChannel();
      defined(ports[a]).set(b, here);
      defined(ports[b]).set(a, there);
    }
  }
  return ports;
}
