import { defined } from '../../lookup.ts';
import type { RunIndex, ValueId } from '../../plan/index-space.ts';
import { answerTask, messagesOf } from '../../platform/threads.ts';
import type { Evaluator } from './evaluator.ts';
import { KeyContexts } from './key-contexts.ts';
import { type KeyStore, loadPublicKey } from './key-store.ts';
import { heapBytes, loadSeal } from './load-seal.ts';
import { createPlanContext, type PlanContext } from './plan-context.ts';
import { Links, savedBytes } from './result-exchange.ts';
import { Scope } from './scope.ts';
import { shareEvaluator } from './share-evaluator.ts';
import {
  blockData,
  type ClientMessage,
  type SharedData,
  type ThreadError,
  toThreadError,
  type WorkerMessage,
  type WorkerTask,
} from './worker-protocol.ts';

/**
 * Evaluates a share of a plan once for each `run` message of the client, until the thread is ended.
 * Returns only if something fails.
 */
async function work(task: WorkerTask): Promise<ThreadError> {
  try {
    const seal = await loadSeal(task.module);
    const worker = new PlanWorker(task, createPlanContext(seal, task.plan));
    for await (const message of messagesOf<ClientMessage>(task.client))
      await worker.handle(message);
    throw new Error('the client closed its port');
  } catch (error) {
    return toThreadError(error);
  }
}

/** The state of a worker. SEAL's objects in it end with the thread. */
class PlanWorker {
  readonly #task: WorkerTask;
  readonly #context: PlanContext;
  readonly #links: Links;
  readonly #scope = new Scope();
  /** The uploads of the next run, as SEAL saved them. */
  readonly #uploads = new Map<ValueId, Uint8Array>();
  #evaluator: Evaluator | undefined;

  constructor(task: WorkerTask, context: PlanContext) {
    this.#task = task;
    this.#context = context;
    this.#links = new Links(context.seal, task.links);
  }

  async handle(message: ClientMessage): Promise<void> {
    switch (message.kind) {
      case 'keys':
        this.#evaluator = this.#equip(message.store);
        this.#post({ kind: 'ready' });
        break;
      case 'upload':
        this.#uploads.set(message.at, message.bytes);
        break;
      case 'run':
        await this.#run(message.data);
        break;
    }
  }

  #equip(store: KeyStore): Evaluator {
    const context = this.#context;
    const contexts = this.#scope.own(new KeyContexts(context));
    const publicKey = this.#scope.own(loadPublicKey(context, store));
    const parts = { context, contexts, store, publicKey, exchange: this.#links };
    return shareEvaluator(this.#scope, { ...this.#task, ...parts });
  }

  async #run(data: SharedData): Promise<void> {
    const { progress, worker } = this.#task;
    const onOperation = (index: RunIndex) => void Atomics.store(progress, worker, index);
    const result = await defined(this.#evaluator).run(
      this.#uploads,
      blockData(this.#task.plan, data),
      {
        onOperation,
      },
    );
    const { clears } = result;
    const ciphers = new Map(
      [...result.ciphers].map(([at, cipher]) => [at, savedBytes(this.#context.seal, cipher)]),
    );
    for (const cipher of result.ciphers.values()) cipher.delete();
    result.ciphers.clear();
    this.#post(
      { kind: 'done', ciphers, clears, heapBytes: heapBytes() },
      [...ciphers.values()].map((bytes) => bytes.buffer),
    );
  }

  #post(message: WorkerMessage, moved: readonly ArrayBuffer[] = []): void {
    this.#task.client.postMessage(message, [...moved]);
  }
}

answerTask(work);
