import type { Phase } from '../backends/evaluation.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import {
  type ByteSink,
  type ByteSource,
  descriptorSource,
  MemorySink,
  memorySource,
} from '../files/byte-streams.ts';
import { WholeFile, writeWhole } from '../files/whole-file.ts';
import { closeFile, type Descriptor, openFile, reasonOf } from '../platform/files.ts';

/** A file by its path, or its bytes. */
export type Stored = string | Uint8Array;

/** Tells how far a role is. */
export type ClientServerProgress = (done: number, total: number, phase: Phase | 'read') => void;

/** How roles write, and are watched. */
export interface ClientServerOptions {
  /** Whether what is written is compressed: smaller, where primes are small, but slower. */
  readonly compress?: boolean;
  readonly onProgress?: ClientServerProgress;
  /** Told of files that are there until others are whole, for whoever ends the thread from outside. */
  readonly onTemporary?: (path: string) => void;
}

/** Where a result goes. */
export interface Target {
  /** A file; the bytes are returned if it is not given. */
  readonly to?: string | undefined;
  /** Whether there may be such a file, which is replaced. */
  readonly force?: boolean | undefined;
}

/** What is open while it is used. */
export interface Opened {
  readonly source: ByteSource;
  /** Of a file. */
  readonly descriptor?: Descriptor;
}

/**
 * Opens files for as long as they are used.
 *
 * @throws ShoalError if one is no regular file, or cannot be opened
 */
export async function withStored<T>(
  stored: readonly Stored[],
  use: (opened: readonly Opened[]) => Promise<T> | T,
): Promise<T> {
  const descriptors: Descriptor[] = [];
  try {
    const opened = stored.map((one, i): Opened => {
      if (typeof one !== 'string') return { source: memorySource(`bytes ${i + 1}`, one) };
      const descriptor = open(one);
      descriptors.push(descriptor);
      return { source: descriptorSource(one, descriptor), descriptor };
    });
    return await use(opened);
  } finally {
    for (const descriptor of descriptors) closeFile(descriptor);
  }
}

/**
 * Uploads. There may be thousands of them, so that a file is open only while it is read from.
 *
 * @throws ShoalError if one is no regular file, or cannot be opened, also when it is read
 */
export function uploadSources(uploads: readonly Stored[]): readonly ByteSource[] {
  return uploads.map((one, i) => {
    if (typeof one !== 'string') return memorySource(`upload ${i + 1}`, one);
    const { size } = whileOpen(one, (source) => source);
    const read: ByteSource['read'] = (at, length) =>
      whileOpen(one, (source) => source.read(at, length));
    return { name: one, size, read };
  });
}

function whileOpen<T>(path: string, use: (source: ByteSource) => T): T {
  const descriptor = open(path);
  try {
    return use(descriptorSource(path, descriptor));
  } finally {
    closeFile(descriptor);
  }
}

function open(path: string): Descriptor {
  let descriptor: Descriptor | undefined;
  try {
    descriptor = openFile(path);
  } catch (error) {
    const message = `cannot read ${path}: ${reasonOf(error)}`;
    throw new ShoalError('cannot-read', message, { file: path }, error);
  }
  if (descriptor !== undefined) return descriptor;
  throw new ShoalError('not-a-file', 'this is no regular file', { file: path });
}

/** Writes to a file, whole or not at all, or to memory; see {@link Target}. */
export async function writeTo(
  { to, force = false }: Target,
  { onTemporary }: ClientServerOptions,
  write: (sink: ByteSink) => Promise<void> | void,
): Promise<Stored> {
  if (to === undefined) {
    const sink = new MemorySink();
    await write(sink);
    return sink.bytes();
  }
  const file = new WholeFile(to, { force, ...(onTemporary ? { onTemporary } : {}) });
  await writeWhole([file], () => write(file));
  return to;
}
