import type { Ciphertext } from 'node-seal/allows';
import { lookUp } from '../../lookup.ts';
import type { ValueId } from '../../plan/index-space.ts';
import { listen, type Port } from '../../platform/threads.ts';
import { type Seal, sealError, translating } from './load-seal.ts';
import { Mailbox } from './mailbox.ts';
import type { SchemeContext } from './scheme-evaluator.ts';

/** The exchange of results between the workers that evaluate a plan together. */
export interface Exchange {
  /** Sends the result of operation `at` to other workers. */
  send(at: ValueId, cipher: Ciphertext, to: readonly number[]): void;
  /** Waits for another worker's result, as SEAL saved it. Each result can be received once. */
  receive(at: ValueId): Promise<Uint8Array>;
}

/** The exchange of a worker that evaluates the whole plan. */
export const noExchange: Exchange = {
  send: () => {},
  receive: (at) => Promise.reject(sealError(`nobody computes operation ${at}`)),
};

/** A message between two workers. */
interface Parcel {
  readonly at: ValueId;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An exchange over message ports, one to each other worker. */
export class Links implements Exchange {
  readonly #seal: Seal;
  readonly #ports: ReadonlyMap<number, Port>;
  readonly #parcels = new Mailbox<ValueId, Uint8Array>();

  constructor(seal: Seal, ports: ReadonlyMap<number, Port>) {
    this.#seal = seal;
    this.#ports = ports;
    for (const port of ports.values()) {
      listen(port, ({ at, bytes }: Parcel) => this.#parcels.put(at, bytes));
    }
  }

  send(at: ValueId, cipher: Ciphertext, to: readonly number[]): void {
    const bytes = savedBytes(this.#seal, cipher);
    to.forEach((worker, i) => {
      // The sender loses a transferred buffer, so only the last recipient gets the original.
      const parcel: Parcel = { at, bytes: i === to.length - 1 ? bytes : bytes.slice() };
      lookUp(this.#ports, worker).postMessage(parcel, [parcel.bytes.buffer]);
    });
  }

  receive(at: ValueId): Promise<Uint8Array> {
    return this.#parcels.take(at);
  }

  /** Closes all ports and rejects everybody who waits for a result with `reason`. */
  close(reason: unknown): void {
    for (const port of this.#ports.values()) port.close();
    this.#parcels.close(reason);
  }
}

/** Returns a ciphertext as SEAL saves it, uncompressed, in a buffer of its own. */
export function savedBytes(seal: Seal, cipher: Ciphertext): Uint8Array<ArrayBuffer> {
  return cipher.saveToArray(seal.ComprModeType.none) as Uint8Array<ArrayBuffer>;
}

/** Loads a ciphertext that SEAL saved; the caller deletes it. */
export function loadCipher({ seal, context }: SchemeContext, bytes: Uint8Array): Ciphertext {
  const cipher = new seal.Ciphertext();
  try {
    translating(seal, 'loading a ciphertext', () => cipher.loadFromArray(context, bytes));
    return cipher;
  } catch (error) {
    cipher.delete();
    throw error;
  }
}
