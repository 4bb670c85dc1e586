import { ShoalError } from '../errors/shoal-error.ts';
import { type Descriptor, readAt, sizeOfFile } from '../platform/files.ts';
import { reasonOf } from '../platform/system-errors.ts';

/** Bytes that can be read from any offset, such as those of an open file. */
export interface ByteSource {
  /** Its name in messages. */
  readonly name: string;
  readonly size: number;
  /** @throws ShoalError if the source ends before `at + length` */
  read(at: number, length: number): Uint8Array<ArrayBuffer>;
}

/** A destination that bytes are written to in order. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** Returns a source of bytes in memory. */
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

/** Returns a source of the bytes of an open file. */
export function descriptorSource(name: string, descriptor: Descriptor): ByteSource {
  const size = attempt(name, () => sizeOfFile(descriptor));
  return {
    name,
    size,
    read: (at, length) => {
      requireRoom(name, size, at, length);
      const bytes = new Uint8Array(length);
      const count = attempt(name, () => readAt(descriptor, bytes, at));
      // Somebody shortened the file while it was being read.
      if (count < length) throw endsEarly(name, at + count, length - count);
      return bytes;
    },
  };
}

function attempt<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw notRead(name, error);
  }
}

/** Returns the error for a file that the system cannot read. */
export function notRead(path: string, cause: unknown): ShoalError {
  const message = `cannot read ${path}: ${reasonOf(cause)}`;
  return new ShoalError('cannot-read', message, { file: path }, cause);
}

/**
 * @throws ShoalError if a source of `size` bytes ends before `at + length`. It is called before
 *   memory is allocated for these bytes.
 */
export function requireRoom(name: string, size: number, at: number, length: number): void {
  if (at + length > size) throw endsEarly(name, size, at + length - size);
}

function endsEarly(name: string, at: number, missing: number): ShoalError {
  const message = `the file was cut off: it ends after ${at} bytes, and at least ${missing} more are missing`;
  return new ShoalError('file-cut-off', message, { file: name });
}

/** Bytes that a {@link ForwardReader} reads at a time, if it is asked for fewer. */
const BLOCK_BYTES = 2 ** 16;

/**
 * Reads a source forwards, a block at a time, so that many short pieces take few reads. It reads at
 * most twice the bytes that it returns, and one block.
 */
export class ForwardReader {
  readonly #source: ByteSource;
  readonly #end: number;
  #at: number;
  #block: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Offset of the block in the source. */
  #start: number;

  /** @param end offset up to which it reads ahead */
  constructor(source: ByteSource, at: number, end = source.size) {
    this.#source = source;
    this.#end = end;
    this.#at = at;
    this.#start = at;
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  /**
   * Returns the next bytes, as a view of the block that they are in: copy what is kept for long.
   *
   * @throws ShoalError if the source ends before
   */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#at + length > this.#start + this.#block.length) {
      const ahead = Math.min(BLOCK_BYTES, this.#end - this.#at);
      this.#block = this.#source.read(this.#at, Math.max(length, ahead));
      this.#start = this.#at;
    }
    const from = this.#at - this.#start;
    this.#at += length;
    return this.#block.subarray(from, from + length);
  }
}

/** A sink that keeps the bytes in memory. */
export class MemorySink implements ByteSink {
  readonly #pieces: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    // The caller may reuse its buffer.
    this.#pieces.push(bytes.slice());
  }

  /** Returns all bytes written so far. */
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
