import type { Phase } from '../backends/evaluation.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import {
  type ByteSink,
  type ByteSource,
  descriptorSource,
  MemorySink,
  memorySource,
  notRead,
} from '../files/byte-streams.ts';
import { WholeFile, writeWhole } from '../files/whole-file.ts';
import { closeFile, type Descriptor, openFile } from '../platform/files.ts';

/** The path of a file, or its bytes. */
export type Stored = string | Uint8Array | NamedBytes;

/** The bytes of something that is no file, such as a pipe, and its name for messages. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Receives the progress of a client's or server's command. */
export type ClientServerProgress = (done: number, total: number, phase: Phase | 'read') => void;

/** Options of all functions for clients and servers. */
export interface ClientServerOptions {
  /** Whether to compress files: slower, and smaller where primes are small. */
  readonly compress?: boolean;
  readonly onProgress?: ClientServerProgress;
  /** Receives the paths of temporary files, so that they can be removed if the thread is ended. */
  readonly onTemporary?: (path: string) => void;
}

/** The destination of a result. */
export interface Target {
  /** The path of a file; if it is missing, the bytes are returned. */
  readonly to?: string | undefined;
  /** Whether an existing file may be replaced. */
  readonly force?: boolean | undefined;
  /** Paths that were read, too. Like the keys and uploads, these files are not replaced. */
  readonly reads?: readonly string[] | undefined;
}

/** Bytes that are open for reading. */
export interface Opened {
  readonly source: ByteSource;
  /** The file's descriptor; undefined for bytes in memory. */
  readonly descriptor?: Descriptor;
}

/**
 * Opens files, calls `use` with them, and closes them.
 *
 * @throws ShoalError if one is not a regular file or cannot be opened
 */
export async function withStored<T>(
  stored: readonly Stored[],
  use: (opened: readonly Opened[]) => Promise<T> | T,
): Promise<T> {
  const descriptors: Descriptor[] = [];
  try {
    const opened = stored.map((one, i): Opened => {
      if (typeof one !== 'string') return { source: sourceOf(one, `bytes ${i + 1}`) };
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
 * Returns sources of uploads. There may be thousands, so each file is open only while it is read.
 *
 * @throws ShoalError if one is not a regular file or cannot be opened, now or when it is read
 */
export function uploadSources(uploads: readonly Stored[]): readonly ByteSource[] {
  return uploads.map((one, i) => {
    if (typeof one !== 'string') return sourceOf(one, `upload ${i + 1}`);
    const { size } = whileOpen(one, (source) => source);
    const read: ByteSource['read'] = (at, length) =>
      whileOpen(one, (source) => source.read(at, length));
    return { name: one, size, read };
  });
}

/** @param name the name of bytes that have none */
function sourceOf(stored: Uint8Array | NamedBytes, name: string): ByteSource {
  return stored instanceof Uint8Array
    ? memorySource(name, stored)
    : memorySource(stored.name, stored.bytes);
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
    throw notRead(path, error);
  }
  if (descriptor !== undefined) return descriptor;
  throw new ShoalError('not-a-file', 'this is not a regular file', { file: path });
}

/**
 * Writes a complete file, or to memory; see {@link Target}.
 *
 * @param stored what is read for it
 * @returns the path or the bytes
 */
export async function writeTo(
  { to, force = false, reads = [] }: Target,
  stored: readonly Stored[],
  { onTemporary }: ClientServerOptions,
  write: (sink: ByteSink) => Promise<void> | void,
): Promise<string | Uint8Array> {
  if (to === undefined) {
    const sink = new MemorySink();
    await write(sink);
    return sink.bytes();
  }
  const file = new WholeFile(to, {
    force,
    reads: [...reads, ...stored.filter((one) => typeof one === 'string')],
    ...(onTemporary ? { onTemporary } : {}),
  });
  await writeWhole(file, () => write(file));
  return to;
}
