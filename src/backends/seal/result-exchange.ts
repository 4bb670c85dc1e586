import type { Ciphertext } from 'node-seal/allows';
import { lookUp } from '../../lookup.ts';
import type { ValueId } from '../../plan/index-space.ts';
import { hear, type Port } from '../../platform/threads.ts';
import { type Seal, sealError, translating } from './load-seal.ts';
import { Mailbox } from './mailbox.ts';
import type { SchemeContext } from './scheme-evaluator.ts';

/** How the workers that evaluate a plan together give each other results. */
export interface Exchange {
  /** Gives the result of operation `at` to other workers. */
  send(at: ValueId, cipher: Ciphertext, to: readonly number[]): void;
  /** Another worker's result as SEAL saved it, once it is there. Every result is taken once. */
  receive(at: ValueId): Promise<Uint8Array>;
}

/** For who has nobody to exchange with. */
export const alone: Exchange = {
  send: () => {},
  receive: (at) => Promise.reject(sealError(`nobody computes operation ${at}`)),
};

/** What goes over a link. */
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
      hear(port, ({ at, bytes }: Parcel) => this.#parcels.put(at, bytes));
    }
  }

  send(at: ValueId, cipher: Ciphertext, to: readonly number[]): void {
    const bytes = savedBytes(this.#seal, cipher);
    to.forEach((worker, i) => {
      // A buffer that is transferred is gone; the last recipient gets the original.
      const parcel: Parcel = { at, bytes: i === to.length - 1 ? bytes : bytes.slice() };
      lookUp(this.#ports, worker).postMessage(parcel, [parcel.bytes.buffer]);
    });
  }

  receive(at: ValueId): Promise<Uint8Array> {
    return this.#parcels.take(at);
  }

  /** Hangs up; who waits for a result gets the reason instead. */
  close(reason: unknown): void {
    for (const port of this.#ports.values()) port.close();
    this.#parcels.close(reason);
  }
}

/** A ciphertext as SEAL saves it, uncompressed, in a buffer of its own. */
export function savedBytes(seal: Seal, cipher: Ciphertext): Uint8Array<ArrayBuffer> {
  return cipher.saveToArray(seal.ComprModeType.none) as Uint8Array<ArrayBuffer>;
}

/** A ciphertext that SEAL saved; the caller deletes it. */
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
