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

/** What goes between the client and the workers that evaluate with it. */

/** What a worker is started with. */
export interface WorkerTask {
  /** SEAL, compiled. */
  readonly module: WasmModule;
  readonly plan: Plan;
  readonly share: Share;
  readonly capacities: KeyCapacities;
  readonly client: Port;
  /** To the others that evaluate, by number. */
  readonly links: ReadonlyMap<number, Port>;
  /** For each of them the place in its share of the operation in progress, -1 before the first run. */
  readonly places: Int32Array;
  /** The number of this one. */
  readonly worker: number;
}

/** What the client says: keys first, then for each run the uploads, the data, and to begin. */
export type ClientMessage =
  | { readonly kind: 'keys'; readonly store: KeyStore }
  | { readonly kind: 'upload'; readonly at: ValueId; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'run'; readonly data: SharedData };

/** What a worker says: that it has context and keys, then for each run the outputs found with it. */
export type WorkerMessage = { readonly kind: 'ready' } | ({ readonly kind: 'done' } & ShareOutputs);

/** Outputs of a share, ciphertexts as SEAL saves them. */
export interface ShareOutputs {
  readonly ciphers: ReadonlyMap<ValueId, Uint8Array<ArrayBuffer>>;
  readonly clears: ReadonlyMap<ValueId, ClearValue>;
  /** The worker's WebAssembly memory. */
  readonly heapBytes: number;
}

/** A run's data without a function: row-major data of each block, by input. */
export type SharedData = Omit<BlockData, 'read' | 'ring'> & {
  readonly inputs: ReadonlyMap<string, readonly Float64Array[]>;
};

/** The plain inputs that a share reads. */
export function sharedData(plan: Plan, share: Share, data: BlockData): SharedData {
  const { slots, blocks } = data;
  const names = share.ops.flatMap((at) => {
    const op = defined(plan.ops[at]);
    return op.op === 'plainInput' ? [op.input] : [];
  });
  const read = (name: string) => Array.from({ length: blocks }, (_, i) => data.read(name, i));
  return { slots, blocks, inputs: new Map(names.map((name) => [name, read(name)])) };
}

export function blockData(plan: Plan, { inputs, ...rest }: SharedData): BlockData {
  return {
    ring: ringOf(plan),
    ...rest,
    read: (input, block) => defined(lookUp(inputs, input)[block]),
  };
}

/** An error as another thread can be told of it: classes do not survive cloning. */
export interface ThreadError {
  readonly message: string;
  /** Missing for errors of JavaScript itself. */
  readonly code?: ErrorCode;
  readonly location?: Location | undefined;
}

export function faultOf(error: unknown): ThreadError {
  if (error instanceof ShoalError) {
    const { message, code, location } = error;
    return { message, code, location };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

export function errorOf({ message, code, location }: ThreadError): Error {
  return code ? new ShoalError(code, message, location) : new Error(message);
}
