import type { ShoalError } from '../../errors/shoal-error.ts';
import { defined, lookUp } from '../../lookup.ts';
import type { KeyCapacities } from '../../memory/key-paging.ts';
import type { BlockData } from '../../plan/clear-ops.ts';
import type { ValueId } from '../../plan/index-space.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Share } from '../../plan/worker-shares.ts';
import { ranOutOfMemory } from '../../platform/system-errors.ts';
import {
  listen,
  openChannel,
  type Port,
  startThread,
  type Thread,
} from '../../platform/threads.ts';
import type { KeyStore } from './key-store.ts';
import { sealError, sealModule } from './load-seal.ts';
import { Mailbox } from './mailbox.ts';
import {
  type ClientMessage,
  fromThreadError,
  type ShareOutputs,
  sharedData,
  type ThreadError,
  type WorkerMessage,
  type WorkerTask,
} from './worker-protocol.ts';

/** The workers' module, beside this file, which is TypeScript when it runs from source. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './plan-worker.ts' : './plan-worker.js',
  import.meta.url,
);

/** A worker's message ports to the others, by their numbers. */
type Ports = ReadonlyMap<number, Port>;

/** The work that workers do together. */
export interface Work {
  readonly plan: Plan;
  /** By worker. The first worker is the client's own thread. */
  readonly shares: readonly Share[];
  /** Limit on the keys of each level that a worker has loaded. */
  readonly capacities: KeyCapacities;
  /**
   * For each worker, the index in its share of the operation in progress; -1 before the first. In
   * memory that the workers share.
   */
  readonly progress: Int32Array;
}

/**
 * The workers that evaluate a plan besides the client's own thread. Each share but the first has a
 * thread with an instance of SEAL, which creates its context as soon as it starts. When one of them
 * fails or ends, the pool is abandoned: `signal` is aborted with the error, and all pending
 * promises are rejected with it.
 */
export class WorkerPool {
  readonly #work: Work;
  /** The numbers of the workers. */
  readonly #workers: readonly number[];
  readonly #clients = new Map<number, Port>();
  readonly #threads: Thread<ThreadError>[] = [];
  readonly #answers = new Mailbox<number, WorkerMessage>();
  readonly #lost = new AbortController();
  #heapBytes = 0;
  /** Ports from the client's own thread, which is worker 0, to the other workers. */
  readonly ports: Ports;

  /** Starts the workers. */
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

  /** Aborted when a worker fails or ends, or the pool is abandoned or closed. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives the workers their keys. */
  giveKeys(store: KeyStore): void {
    for (const worker of this.#workers) this.#post(worker, { kind: 'keys', store });
  }

  /** Waits until all workers have their contexts and keys. */
  async ready(): Promise<void> {
    await this.#listen();
  }

  /** Gives a worker an upload of the next run, as SEAL saved it. */
  giveUpload(worker: number, at: ValueId, bytes: Uint8Array<ArrayBuffer>): void {
    this.#post(worker, { kind: 'upload', at, bytes }, [bytes.buffer]);
  }

  /**
   * Runs the workers' shares once, while the caller runs the first share. Returns their outputs.
   */
  async run(data: BlockData): Promise<readonly ShareOutputs[]> {
    const { plan, shares } = this.#work;
    for (const worker of this.#workers) {
      this.#post(worker, { kind: 'run', data: sharedData(plan, defined(shares[worker]), data) });
    }
    const answers = await this.#listen();
    const outputs = answers.flatMap((answer) => (answer.kind === 'done' ? [answer] : []));
    this.#heapBytes = outputs.reduce((sum, { heapBytes }) => sum + heapBytes, 0);
    return outputs;
  }

  /** WebAssembly memory of the workers after the last run, in bytes. */
  get heapBytes(): number {
    return this.#heapBytes;
  }

  /** Abandons the evaluation: aborts `signal` with this reason. */
  abandon(reason: unknown): void {
    this.#lost.abort(reason);
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.abandon(sealError('the workers were ended'));
    for (const port of this.#clients.values()) port.close();
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  async #start(ports: readonly Ports[]): Promise<void> {
    const module = await sealModule();
    for (const worker of this.#workers) {
      const [own, client] = openChannel();
      listen(own, (message: WorkerMessage) => this.#answers.put(worker, message));
      this.#clients.set(worker, own);
      const links = defined(ports[worker]);
      const { shares, ...work } = this.#work;
      const task = { ...work, module, share: defined(shares[worker]), client, links, worker };
      const moved = [client, ...links.values()];
      const thread = startThread<WorkerTask, ThreadError>(WORKER_FILE, task, moved);
      this.#threads.push(thread);
      thread.answer
        .then(fromThreadError, (death) => this.#deathOf(worker, death))
        .then((error) => this.abandon(error));
    }
  }

  #post(worker: number, message: ClientMessage, moved: readonly ArrayBuffer[] = []): void {
    lookUp(this.#clients, worker).postMessage(message, [...moved]);
  }

  /** Waits for the next message of each worker. */
  #listen(): Promise<readonly WorkerMessage[]> {
    return Promise.all(this.#workers.map((worker) => this.#answers.take(worker)));
  }

  #deathOf(worker: number, death: unknown): ShoalError {
    const end = ranOutOfMemory(death) ? 'ran out of memory' : 'ended';
    const who = `worker ${worker + 1} of ${this.#work.shares.length}`;
    return sealError(`${who} ${end} ${this.#doing(worker)}`, death);
  }

  #doing(worker: number): string {
    const { plan, shares, progress } = this.#work;
    const index = Atomics.load(progress, worker);
    if (index < 0) return 'before its first operation';
    const at = defined(shares[worker]).ops[index];
    return at === undefined
      ? 'after its last operation'
      : `during operation ${at} (${defined(plan.ops[at]).op})`;
  }
}

/** Opens a channel between any two of `count` workers. */
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
