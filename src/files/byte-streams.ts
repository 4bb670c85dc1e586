import { ShoalError } from '../errors/shoal-error.ts';
import { type Descriptor, readAt, sizeOfFile } from '../platform/files.ts';

/** Bytes that can be read at any place, such as those of an open file. */
export interface ByteSource {
  /** What messages call it. */
  readonly name: string;
  readonly size: number;
  /** @throws ShoalError if there are fewer bytes than asked for */
  read(at: number, length: number): Uint8Array<ArrayBuffer>;
}

/** Where bytes are written, in order. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** Bytes in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (at, length) => {
      requireRoom(name, bytes.length, at, length);
      return Uint8Array.from(bytes.subarray(at, at + length));
    },
  };
}

/** An open file. */
export function descriptorSource(name: string, descriptor: Descriptor): ByteSource {
  const size = sizeOfFile(descriptor);
  return {
    name,
    size,
    read: (at, length) => {
      requireRoom(name, size, at, length);
      const bytes = new Uint8Array(length);
      const count = readAt(descriptor, bytes, at);
      // It has become shorter while it was read.
      if (count < length) throw endsEarly(name, at + count, length - count);
      return bytes;
    },
  };
}

/** Nothing is allocated for bytes that are not there. */
function requireRoom(name: string, size: number, at: number, length: number): void {
  if (at + length > size) throw endsEarly(name, size, at + length - size);
}

function endsEarly(name: string, at: number, missing: number): ShoalError {
  const message = `the file ends after ${at} bytes, in the middle of something: at least ${missing} more are missing; it was cut off`;
  return new ShoalError('file-cut-off', message, { file: name });
}

/** Keeps what is written in memory. */
export class MemorySink implements ByteSink {
  readonly #pieces: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    // What is written may be used again by whoever wrote it.
    this.#pieces.push(bytes.slice());
  }

  /** All that was written. */
  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}
