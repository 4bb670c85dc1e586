import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { FileError } from '../data/file-error.ts';
import { type ByteSink, placeIn } from './bytes.ts';

/** How a file is written. */
export interface WriteOptions {
  /** Whether a file of this name may be replaced. */
  readonly force?: boolean;
  /** Whether only its owner may read it. */
  readonly secret?: boolean;
  /** Told of a file that is there until the other one is whole, for whoever ends this thread from outside. */
  readonly onTemporary?: (path: string) => void;
}

/** The system could not write a file. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super((cause as Error).message, { cause });
    this.path = path;
  }
}

/**
 * A file that is not there before it is whole: written beside its place under another name, on the disk before it is
 * given its own.
 */
export class WholeFile implements ByteSink {
  /** What it is to be called. */
  readonly path: string;
  readonly #force: boolean;
  readonly #target: string;
  readonly #temporary: string;
  #descriptor: number | undefined;

  /** @throws FileError if there is such a file already and it may not be replaced; WriteError */
  constructor(path: string, { force = false, secret = false, onTemporary }: WriteOptions = {}) {
    demandFree(path, force);
    this.path = path;
    this.#force = force;
    // What a link leads to is replaced, not the link.
    this.#target = existsSync(path) ? realpathSync(path) : path;
    this.#temporary = `${this.#target}.${randomBytes(6).toString('hex')}.tmp`;
    onTemporary?.(this.#temporary);
    this.#descriptor = this.#doing(() => {
      const descriptor = openSync(this.#temporary, 'wx', secret ? 0o600 : 0o666);
      if (secret) fchmodSync(descriptor, 0o600);
      return descriptor;
    });
  }

  write(bytes: Uint8Array): void {
    this.#doing(() => {
      // A disk that fills up takes a part first.
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor as number, bytes, at);
    });
  }

  /** Gives the file its name. */
  commit(): void {
    this.#doing(() => {
      fsyncSync(this.#descriptor as number);
      this.#close();
      if (this.#force) renameSync(this.#temporary, this.#target);
      else this.#takeName();
      syncDirectory(dirname(this.#target));
    });
  }

  /** Takes away what is not whole; does nothing once the file has its name. */
  discard(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  /** A link fails where there is such a name by now; a renaming would replace it. */
  #takeName(): void {
    try {
      linkSync(this.#temporary, this.#target);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw exists(this.path);
      // Some file systems have no links.
      demandFree(this.path, false);
      renameSync(this.#temporary, this.#target);
      return;
    }
    rmSync(this.#temporary);
  }

  #close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #doing<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.discard();
      throw error instanceof FileError ? error : new WriteError(this.path, error);
    }
  }
}

/**
 * Writes files that belong together; each gets its name, in this order, once all are whole.
 *
 * @param write fills them; where it throws, none is left behind
 */
export async function writeWhole<T>(
  files: readonly WholeFile[],
  write: () => Promise<T> | T,
): Promise<T> {
  try {
    const result = await write();
    for (const file of files) file.commit();
    return result;
  } finally {
    for (const file of files) file.discard();
  }
}

/** @throws FileError if there is such a file and it may not be replaced, or could not be */
export function demandFree(path: string, force: boolean): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  const followed = statSync(path, { throwIfNoEntry: false });
  if (followed !== undefined && !followed.isFile()) {
    const message = 'this is no regular file, which is what is to be written';
    throw new FileError('not-a-file', message, placeIn(path));
  }
  if (!force) throw exists(path);
}

function exists(path: string): FileError {
  const message = 'there is such a file already; give --force to replace it';
  return new FileError('file-exists', message, placeIn(path));
}

/** So that the name outlives a loss of power; some systems do not let a directory be opened. */
function syncDirectory(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // The file itself is on the disk.
  } finally {
    closeSync(descriptor);
  }
}
