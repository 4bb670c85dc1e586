import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import { randomBytes } from '../platform/digests.ts';
import {
  appendTo,
  closeFile,
  createFile,
  type Descriptor,
  giveRights,
  kindOf,
  type Rights,
  reasonOf,
  removeFile,
  renameFile,
  renameToFree,
  rightsOf,
  setMode,
  syncFile,
  syncName,
  targetOf,
} from '../platform/files.ts';
import type { ByteSink } from './byte-streams.ts';
import { toHex } from './canonical-json.ts';

/** How a file is written. */
export interface WriteOptions {
  /** Whether a file of this name may be replaced. */
  readonly force?: boolean;
  /** Whether a file that is replaced hands down its mode and, where the system allows it, its owner. */
  readonly keepRights?: boolean;
  /** Whether only its owner may read it. */
  readonly secret?: boolean;
  /** Told of a file that is there until the other one is whole, for whoever ends this thread from outside. */
  readonly onTemporary?: (path: string) => void;
}

/** The error where the system does not write a file. */
export function notWritten(path: string, cause: unknown): ShoalError {
  const message = `cannot write ${path}: ${reasonOf(cause)}`;
  return new ShoalError('cannot-write', message, undefined, cause);
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
  readonly #rights: Rights | undefined;
  #descriptor: Descriptor | undefined;

  /** @throws ShoalError if there is such a file already and it may not be replaced, or it cannot be written */
  constructor(path: string, options: WriteOptions = {}) {
    const { force = false, keepRights = false, secret = false, onTemporary } = options;
    requireFree(path, force);
    this.path = path;
    this.#force = force;
    // What a link leads to is replaced, not the link.
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
    if (secret) this.#doing(() => setMode(defined(this.#descriptor), mode));
  }

  write(bytes: Uint8Array): void {
    this.#doing(() => appendTo(defined(this.#descriptor), bytes));
  }

  /** Gives the file its name. */
  commit(): void {
    this.#doing(() => {
      if (this.#rights) giveRights(defined(this.#descriptor), this.#rights);
      syncFile(defined(this.#descriptor));
      this.#close();
      if (this.#force) renameFile(this.#temporary, this.#target);
      else if (!renameToFree(this.#temporary, this.#target)) throw exists(this.path);
      syncName(this.#target);
    });
  }

  /** Takes away what is not whole; does nothing once the file has its name. */
  discard(): void {
    this.#close();
    removeFile(this.#temporary);
  }

  #close(): void {
    if (this.#descriptor === undefined) return;
    closeFile(this.#descriptor);
    this.#descriptor = undefined;
  }

  #doing<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.discard();
      throw error instanceof ShoalError ? error : notWritten(this.path, error);
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

/** @throws ShoalError if there is such a file and it may not be replaced, or could not be */
function requireFree(path: string, force: boolean): void {
  const kind = kindOf(path);
  if (kind === 'special') {
    const message = 'this is no regular file, which is what is to be written';
    throw new ShoalError('not-a-file', message, { file: path });
  }
  if (kind !== undefined && !force) throw exists(path);
}

function exists(path: string): ShoalError {
  const message = 'there is such a file already; give --force to replace it';
  return new ShoalError('file-exists', message, { file: path });
}
