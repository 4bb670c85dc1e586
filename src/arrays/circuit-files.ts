import { asOneLine } from '../errors/one-line.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { sha256Hex } from '../platform/digests.ts';
import { isSystemError, reasonOf } from '../platform/system-errors.ts';
import { type FileAccess, type FileResolver, MAX_LENGTH } from '../syntax/diagnostic.ts';
import type { Constant } from '../tensor/constant.ts';
import { MAX_ELEMENTS, sizeOf } from '../tensor/tensor.ts';
import type { Room } from './array-data.ts';
import { parseArray } from './parse-array.ts';
import { decodeUtf8 } from './utf8.ts';

/** A file that was read, and the SHA-256 of its bytes as hexadecimal digits. */
export interface FileDigest {
  readonly path: string;
  readonly sha256: string;
}

/** Limit on the numbers of all arrays of a circuit, unless the caller gives another. */
const MOST_LOADED = 2 ** 26;

/**
 * The files that a circuit names, read through a resolver, each at most once. Paths are those that
 * the resolver takes.
 */
export class CircuitFiles {
  readonly #resolver: FileResolver | undefined;
  readonly #limit: number;
  readonly #arrays = new Map<string, Constant>();
  readonly #texts = new Map<string, string>();
  readonly #digests = new Map<string, string>();
  #loaded = 0;

  /** @param access none if the circuit has no files: each read is refused */
  constructor(access?: FileAccess) {
    this.#resolver = access?.resolve;
    this.#limit = access?.mostNumbers ?? MOST_LOADED;
  }

  /**
   * Returns the array of a .npy, .csv or .json file; see {@link parseArray}.
   *
   * @throws ShoalError, with the location in the file if there is one
   */
  array(path: string): Constant {
    const known = this.#arrays.get(path);
    if (known) return known;
    const array = parseArray(path, this.#read(path), this.#room());
    this.#loaded += sizeOf(array.shape);
    this.#arrays.set(path, array);
    return array;
  }

  /**
   * Returns the text of an included circuit.
   *
   * @throws ShoalError if it cannot be read, is longer than a circuit can be, or not UTF-8
   */
  text(path: string): string {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const bytes = this.#read(path);
    // A UTF-16 unit takes up to 3 bytes, and a byte order mark 3.
    const text = bytes.length > 3 * MAX_LENGTH + 3 ? undefined : decodeUtf8(path, bytes);
    if (text === undefined || text.length > MAX_LENGTH) {
      const message = `it has more than ${MAX_LENGTH / 2 ** 20} MiB; load its data from files`;
      throw new ShoalError('file-too-large', message, { file: path });
    }
    this.#texts.set(path, text);
    return text;
  }

  /** Returns the digests of all files that were read so far, by path. */
  digests(): readonly FileDigest[] {
    return [...this.#digests]
      .map(([path, digest]) => ({ path, sha256: digest }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #room(): Room | undefined {
    const left = this.#limit - this.#loaded;
    if (left >= MAX_ELEMENTS) return undefined;
    const message = `all arrays together have more than ${this.#limit} numbers: load fewer`;
    return { numbers: left, code: 'too-many-numbers', message };
  }

  #read(path: string): Uint8Array {
    const bytes = this.#resolve(path);
    this.#digests.set(path, sha256Hex(bytes));
    return bytes;
  }

  #resolve(path: string): Uint8Array {
    const refusal = (message: string, cause?: unknown) =>
      new ShoalError('unreadable-file', message, { file: path }, cause);
    if (!this.#resolver) {
      throw refusal('the caller of the compiler gave no function that reads files');
    }
    let bytes: unknown;
    try {
      bytes = this.#resolver(path);
    } catch (error) {
      if (error instanceof ShoalError) throw error;
      const told = error instanceof Error ? error.message : String(error);
      const reason = isSystemError(error) ? reasonOf(error) : asOneLine(told);
      throw refusal(`the file cannot be read: ${reason}`, error);
    }
    if (bytes instanceof Uint8Array) return bytes;
    throw refusal('the function that reads files returned no Uint8Array');
  }
}
