import { dirname } from 'node:path';
import { libraryNameOf } from '../arrays/join-path.ts';
import type { CheckedProgram } from '../check/check-program.ts';
import { besides } from '../check/link-files.ts';
import type { NamedBytes } from '../client-server/stored-files.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { requireApart } from '../files/whole-file.ts';
import { isStream } from '../platform/files.ts';
import { readWhole } from '../platform/read-whole.ts';
import { reasonOf } from '../platform/system-errors.ts';
import { MAX_LENGTH, type Source } from '../syntax/diagnostic.ts';
import { folderResolver } from './circuit-folder.ts';
import { UsageError } from './failure.ts';
import type { OutputFile } from './outcome.ts';

/** Reads what a command line names: files, devices, pipes, and `-` for standard input. */

/** The path of a file, or what a pipe or standard input gave. */
export type Piped = string | NamedBytes;

/** A limit on what is read. */
interface Limit {
  readonly bytes: number;
  /** What is too large, and what to do. */
  readonly message: string;
}

const LIMITS = {
  circuit: {
    // The parser counts UTF-16 units, of which each takes up to 3 bytes.
    bytes: 3 * MAX_LENGTH,
    message: `the circuit has more than ${MAX_LENGTH / 2 ** 20} MiB; give data with --inputs`,
  },
  /** Plans and data. JavaScript has no texts of more than 512 MiB. */
  text: { bytes: 500 * 2 ** 20, message: 'there are more than 500 MiB' },
  /** A key, upload or result from a pipe. It is kept in memory. */
  piped: {
    bytes: 2 ** 30,
    message: 'there is more than 1 GiB; write it to a file and give the name of that',
  },
} as const satisfies Readonly<Record<string, Limit>>;

/**
 * Reads a circuit. Its messages name the file as the user wrote it.
 *
 * @param maxLoad limit on the numbers of all arrays that it loads
 * @throws UsageError if the file cannot be read, because then the command line is wrong; ShoalError
 *   if it is too large
 */
export async function readSource(file: string, maxLoad?: number): Promise<Source> {
  return sourceOf(file, await readUpTo(file, () => LIMITS.circuit), maxLoad);
}

/** Reads a circuit or a plan. See {@link readSource}. */
export async function readProgram(file: string, maxLoad?: number): Promise<Source> {
  const limit = (start: Uint8Array) =>
    isCircuit(decodeText(start)) ? LIMITS.circuit : LIMITS.text;
  return sourceOf(file, await readUpTo(file, limit), maxLoad);
}

/**
 * Returns a source. The files that a circuit names are in its folder; those of a circuit from
 * standard input in the working directory.
 */
function sourceOf(file: string, bytes: Uint8Array, maxLoad: number | undefined): Source {
  const resolve = folderResolver(isStream(file) ? '.' : dirname(file));
  const limit = maxLoad === undefined ? {} : { mostNumbers: maxLoad };
  return { file, text: decodeText(bytes), files: { resolve, ...limit } };
}

/** Whether a text is a circuit, not a plan, by its first character: a plan begins with a brace. */
export function isCircuit(text: string): boolean {
  return !text.trimStart().startsWith('{');
}

/**
 * Requires that no output would replace a file that a circuit loads or includes.
 *
 * @throws ShoalError if one would
 */
export function requireOthers(
  outputs: readonly OutputFile[],
  { source, files }: Pick<CheckedProgram, 'source' | 'files'>,
): void {
  const named = files.digests().flatMap(({ path }) => {
    return libraryNameOf(path) === undefined ? [besides(source.file, path)] : [];
  });
  for (const { path } of outputs) requireApart(path, named);
}

/** Reads data. See {@link readSource}. */
export function readBytes(file: string): Promise<Uint8Array> {
  return readUpTo(file, () => LIMITS.text);
}

/** Reads data as a text, without a byte order mark. See {@link readSource}. */
export async function readText(file: string): Promise<string> {
  return decodeText(await readBytes(file));
}

/**
 * Returns a key, upload or result, for the functions that read it: the path of a file, which they
 * open themselves, or the bytes from a pipe or standard input. See {@link readSource}.
 */
export async function readStored(path: string): Promise<Piped> {
  return isStream(path) ? { name: path, bytes: await readUpTo(path, () => LIMITS.piped) } : path;
}

/** @param limit returns the limit, given the first bytes */
async function readUpTo(file: string, limit: (start: Uint8Array) => Limit): Promise<Uint8Array> {
  let message = '';
  let read: Uint8Array | undefined;
  try {
    read = await readWhole(file, (start) => {
      const { bytes, message: tooLarge } = limit(start);
      message = tooLarge;
      return bytes;
    });
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`, 'cannot-read', file);
  }
  if (read) return read;
  throw new ShoalError('file-too-large', message, { file });
}

/** Decodes UTF-8, without a byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
