import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty, ReadStream } from 'node:tty';
import { type Descriptor, STANDARD_STREAM } from './files.ts';

const STANDARD_INPUT: Descriptor = 0;

/** Bytes to read at a time if the size is not known. */
const SHORT_PIECE = 2 ** 16;
/** Limit on the bytes to read at a time. */
const LONGEST_PIECE = 2 ** 24;

/**
 * Reads all bytes of a file, a device or a pipe, or of standard input. Throws the system's errors.
 *
 * The event loop waits for pipes and terminals, also until somebody opens the other end: a thread
 * that waited in a call of the system could not be ended.
 *
 * @param most returns how many bytes may be read, given the first ones
 * @returns undefined if there are more
 */
export async function readWhole(
  path: string,
  most: (start: Uint8Array) => number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (path === STANDARD_STREAM) return collect(sourceOf(STANDARD_INPUT), most);
  // Opening a pipe would wait for its other end. Windows has no such files, and no such flag.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  let source: Source | undefined;
  try {
    source = sourceOf(descriptor);
    return await collect(source, most);
  } finally {
    // A stream closes what it reads from.
    if (!(source?.pieces instanceof Socket)) closeSync(descriptor);
  }
}

/** What is read, piece by piece. */
interface Source {
  readonly pieces: Iterable<Uint8Array> | Socket;
  /** The size of a file; 0 if it is not known. */
  readonly size: number;
}

function sourceOf(descriptor: Descriptor): Source {
  if (isatty(descriptor)) return { pieces: new ReadStream(descriptor), size: 0 };
  const stats = fstatSync(descriptor);
  if (stats.isFIFO() || stats.isSocket()) {
    return { pieces: new Socket({ fd: descriptor, readable: true, writable: false }), size: 0 };
  }
  const size = stats.isFile() ? stats.size : 0;
  return { pieces: readPieces(descriptor, size), size };
}

function* readPieces(descriptor: Descriptor, size: number): Generator<Uint8Array> {
  // One byte more than the size, so that the first piece of a file is usually the last.
  const length = size > 0 ? Math.min(size + 1, LONGEST_PIECE) : SHORT_PIECE;
  while (true) {
    const piece = new Uint8Array(length);
    const count = readSync(descriptor, piece);
    if (count === 0) return;
    yield piece.subarray(0, count);
  }
}

async function collect(
  { pieces, size }: Source,
  most: (start: Uint8Array) => number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const read: Uint8Array[] = [];
  let length = 0;
  let limit = Number.POSITIVE_INFINITY;
  for await (const piece of pieces) {
    if (read.length === 0) limit = most(piece);
    read.push(piece);
    length += piece.length;
    if (Math.max(length, size) > limit) return undefined;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of read) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
