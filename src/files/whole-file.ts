import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import { randomBytes } from '../platform/digests.ts';
import {
  appendTo,
  closeFile,
  createFile,
  type Descriptor,
  giveRights,
  isSameFile,
  kindOf,
  type Rights,
  removeFile,
  renameFile,
  renameToFree,
  rightsOf,
  setMode,
  syncFile,
  syncName,
  targetOf,
} from '../platform/files.ts';
import { lock, unlock } from '../platform/locks.ts';
import { reasonOf } from '../platform/system-errors.ts';
import type { ByteSink } from './byte-streams.ts';
import { toHex } from './canonical-json.ts';

/** Options for writing a file. */
export interface WriteOptions {
  /** Whether an existing file may be replaced. */
  readonly force?: boolean;
  /** Paths that were read for the file. Nothing permits to replace these files. */
  readonly reads?: readonly string[];
  /** Whether to keep the mode of a replaced file and, where the system allows it, its owner. */
  readonly keepRights?: boolean;
  /** Whether only the owner may read the file. */
  readonly secret?: boolean;
  /** Receives the path of the temporary file, so that it can be removed if this thread is ended. */
  readonly onTemporary?: (path: string) => void;
}

/** Returns the error for a file that the system cannot write. */
export function notWritten(path: string, cause: unknown): ShoalError {
  const message = `cannot write ${path}: ${reasonOf(cause)}`;
  return new ShoalError('cannot-write', message, undefined, cause);
}

/**
 * A file that appears under its name only when it is complete. It is written under a temporary name
 * in the same directory, synced to the disk, then renamed.
 */
export class WholeFile implements ByteSink {
  /** The name that {@link commit} gives it. */
  readonly path: string;
  readonly #force: boolean;
  readonly #target: string;
  readonly #temporary: string;
  readonly #rights: Rights | undefined;
  #descriptor: Descriptor | undefined;

  /**
   * @throws ShoalError if the file exists and may not be replaced, is read, or cannot be written
   */
  constructor(path: string, options: WriteOptions = {}) {
    const { force = false, reads = [], keepRights = false, secret = false, onTemporary } = options;
    requireApart(path, reads);
    requireFree(path, force);
    this.path = path;
    this.#force = force;
    // The target of a link is replaced, not the link.
    this.#target = targetOf(path);
    this.#temporary = `${this.#target}.${toHex(randomBytes(6))}.tmp`;
    this.#rights = keepRights ? rightsOf(this.#target) : undefined;
    onTemporary?.(this.#temporary);
    const mode = secret ? 0o600 : (this.#rights?.mode ?? 0o666);
    try {
      this.#descriptor = createFile(this.#temporary, mode);
    } catch (error) {
      throw notWritten(path, error);
    }
    if (secret) this.#attempt(() => setMode(defined(this.#descriptor), mode));
  }

  /** Appends bytes. */
  write(bytes: Uint8Array): void {
    this.#attempt(() => appendTo(defined(this.#descriptor), bytes));
  }

  /** Syncs the complete file to the disk. */
  complete(): void {
    this.#attempt(() => {
      if (this.#rights) giveRights(defined(this.#descriptor), this.#rights);
      syncFile(defined(this.#descriptor));
      this.#close();
    });
  }

  /** Gives the file its name after {@link complete}. */
  commit(): void {
    this.#attempt(() => {
      if (this.#force) renameFile(this.#temporary, this.#target);
      else if (!renameToFree(this.#temporary, this.#target)) throw exists(this.path);
      syncName(this.#target);
    });
  }

  /** Removes the temporary file. Does nothing after {@link commit}. */
  discard(): void {
    try {
      this.#close();
    } catch {
      // Nobody needs what the file contains.
    }
    removeFile(this.#temporary);
  }

  #close(): void {
    const descriptor = this.#descriptor;
    // The system closes it even if it then reports that the disk is full.
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeFile(descriptor);
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.discard();
      throw error instanceof ShoalError ? error : notWritten(this.path, error);
    }
  }
}

/** Writes a file. If `write` throws, nothing is left behind. */
export async function writeWhole(
  file: WholeFile,
  write: () => Promise<void> | void,
): Promise<void> {
  try {
    await write();
    file.complete();
    file.commit();
  } finally {
    file.discard();
  }
}

/** Time to wait until another process has given its files their names, in ms. */
const PATIENCE = 10_000;

/**
 * Writes files that belong together. Once all are complete, each gets its name, in this order. No
 * other process that uses the same lock gives names meanwhile, so the files stay those of one.
 *
 * @param lockPath the path of the lock
 * @param write writes their contents; if it throws, none of them is left behind
 */
export async function writeSet<T>(
  files: readonly WholeFile[],
  lockPath: string,
  write: () => Promise<T>,
  { onTemporary }: Pick<WriteOptions, 'onTemporary'>,
): Promise<T> {
  try {
    const result = await write();
    for (const file of files) file.complete();
    if (!(await lock(lockPath, PATIENCE))) throw isLocked(lockPath);
    onTemporary?.(lockPath);
    try {
      for (const file of files) file.commit();
    } finally {
      unlock(lockPath);
    }
    return result;
  } finally {
    for (const file of files) file.discard();
  }
}

function isLocked(path: string): ShoalError {
  const message = `another process is writing files here; if there is none, remove ${path}`;
  return new ShoalError('cannot-write', message);
}

/** @throws ShoalError if a path that is written leads to one of the files that are read */
export function requireApart(path: string, reads: readonly string[]): void {
  const read = reads.find((other) => isSameFile(path, other));
  if (read === undefined) return;
  const same = path === read ? '' : `${read}, `;
  const message = `cannot write ${path}: it is ${same}a file that this command reads; name another one`;
  throw new ShoalError('usage', message, { file: path });
}

/** @throws ShoalError if the file exists and may not or cannot be replaced */
function requireFree(path: string, force: boolean): void {
  const kind = kindOf(path);
  if (kind === 'special') {
    const message = 'this is not a regular file, and cannot be replaced by one';
    throw new ShoalError('not-a-file', message, { file: path });
  }
  if (kind !== undefined && !force) throw exists(path);
}

function exists(path: string): ShoalError {
  const message = 'the file exists already; give --force to replace it';
  return new ShoalError('file-exists', message, { file: path });
}
