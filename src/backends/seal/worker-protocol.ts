import type { ErrorCode } from '../../errors/codes.ts';
import type { Location } from '../../errors/location.ts';
import { ShoalError } from '../../errors/shoal-error.ts';
import { defined, lookUp } from '../../lookup.ts';
import type { KeyCapacities } from '../../memory/key-paging.ts';
import { type BlockData, type ClearValue, ringOf } from '../../plan/clear-ops.ts';
import type { ValueId } from '../../plan/index-space.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Share } from '../../plan/worker-shares.ts';
import type { Port } from '../../platform/threads.ts';
import type { KeyStore } from './key-store.ts';
import type { WasmModule } from './wasm.ts';

/** The messages between the client and the workers. */

/** The task that a worker is started with. */
export interface WorkerTask {
  /** SEAL's compiled code. */
  readonly module: WasmModule;
  readonly plan: Plan;
  readonly share: Share;
  readonly capacities: KeyCapacities;
  readonly client: Port;
  /** Ports to the other workers, by their numbers. */
  readonly links: ReadonlyMap<number, Port>;
  /** See {@link Work}. */
  readonly progress: Int32Array;
  /** The number of this worker. */
  readonly worker: number;
}

/**
 * A message of the client: first the keys, then for each run its uploads and `run` with the data.
 */
export type ClientMessage =
  | { readonly kind: 'keys'; readonly store: KeyStore }
  | { readonly kind: 'upload'; readonly at: ValueId; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'run'; readonly data: SharedData };

/** A message of a worker: first that it has context and keys, then the outputs of each run. */
export type WorkerMessage = { readonly kind: 'ready' } | ({ readonly kind: 'done' } & ShareOutputs);

/** The outputs of a share, ciphertexts as SEAL saves them. */
export interface ShareOutputs {
  readonly ciphers: ReadonlyMap<ValueId, Uint8Array<ArrayBuffer>>;
  readonly clears: ReadonlyMap<ValueId, ClearValue>;
  /** The worker's WebAssembly memory in bytes. */
  readonly heapBytes: number;
}

/** The data of a run, which can be posted: row-major data of each block, by input. */
export type SharedData = Omit<BlockData, 'read' | 'ring'> & {
  readonly inputs: ReadonlyMap<string, readonly Float64Array[]>;
};

/** Returns the data of the plain inputs that a share reads. */
export function sharedData(plan: Plan, share: Share, data: BlockData): SharedData {
  const { slots, blocks } = data;
  const names = share.ops.flatMap((at) => {
    const op = defined(plan.ops[at]);
    return op.op === 'plainInput' ? [op.input] : [];
  });
  const read = (name: string) => Array.from({ length: blocks }, (_, i) => data.read(name, i));
  return { slots, blocks, inputs: new Map(names.map((name) => [name, read(name)])) };
}

/** Returns the data of a run as an evaluator reads it. */
export function blockData(plan: Plan, { inputs, ...rest }: SharedData): BlockData {
  return {
    ring: ringOf(plan),
    ...rest,
    read: (input, block) => defined(lookUp(inputs, input)[block]),
  };
}

/** An error that can be posted to another thread, where classes do not survive cloning. */
export interface ThreadError {
  readonly message: string;
  /** Missing for errors that are not ShoalErrors. */
  readonly code?: ErrorCode;
  readonly location?: Location | undefined;
}

/** Returns an error in the shape that can be posted. */
export function toThreadError(error: unknown): ThreadError {
  if (error instanceof ShoalError) {
    const { message, code, location } = error;
    return { message, code, location };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

/** Returns the error that another thread posted. */
export function fromThreadError({ message, code, location }: ThreadError): Error {
  return code ? new ShoalError(code, message, location) : new Error(message);
}
