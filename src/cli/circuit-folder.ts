import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { joinPath, libraryNameOf } from '../arrays/join-path.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { type Descriptor, readAt } from '../platform/files.ts';
import { isSystemError, reasonOf } from '../platform/system-errors.ts';
import type { FileResolver } from '../syntax/diagnostic.ts';

/** The folder of the standard library in the package. */
const LIBRARY_FOLDER = fileURLToPath(new URL('../../circuits/std/', import.meta.url));

/** Limit on the bytes of a file: room for 2^26 numbers of 8 bytes, and more. */
const LARGEST_FILE = 600 * 2 ** 20;

/**
 * Flags for opening a file: a pipe is not waited for, a last link is not followed, and a terminal
 * does not take control. Windows has no such files, and none of the flags but the first.
 */
const FLAGS =
  constants.O_RDONLY |
  (constants.O_NONBLOCK ?? 0) |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NOCTTY ?? 0);

/**
 * Returns a function that reads the files that a circuit in a folder names: regular files in it or
 * below it, of up to 600 MiB. A link is followed if it stays in the folder. `std/NAME` is a file of
 * the standard library. For everything else, the function throws a ShoalError.
 *
 * @param library the folder of the standard library
 */
export function folderResolver(folder: string, library = LIBRARY_FOLDER): FileResolver {
  let root: string | undefined;
  return (path) => {
    try {
      const name = libraryNameOf(path);
      if (name !== undefined) {
        requireInLibrary(name, library, path);
        return readBelow(realpathSync(library), `${name}.circ`, path);
      }
      const joined = joinPath('', path);
      if (typeof joined !== 'string') {
        throw new ShoalError(joined.code, joined.message, { file: path });
      }
      root ??= realpathSync(folder);
      return readBelow(root, joined, path);
    } catch (error) {
      throw isSystemError(error) ? unreadable(path, reasonOf(error)) : error;
    }
  };
}

function requireInLibrary(name: string, library: string, file: string): void {
  const names = existsSync(library)
    ? readdirSync(library).flatMap((entry) => /^([a-z0-9-]+)\.circ$/.exec(entry)?.[1] ?? [])
    : [];
  if (names.includes(name)) return;
  const known = names.length > 0 ? `its files are ${names.sort().join(', ')}` : 'it has no files';
  throw unreadable(file, `the standard library has no file \`${name}\`: ${known}`);
}

/**
 * Reads a file in a folder or below.
 *
 * @param root the folder, without links on the way
 * @param file the name of the file in messages
 * @throws ShoalError, or an error of the system
 */
function readBelow(root: string, path: string, file: string): Uint8Array {
  // First by names, because to open a device may have effects. What a name leads to can change, so
  // what was opened is examined again.
  const real = realpathSync(join(root, path));
  requireBelow(root, real, file);
  requireRegular(lstatSync(real), file);
  const descriptor = openSync(real, FLAGS);
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    requireRegular(stats, file);
    requireBelow(root, pathOfOpen(descriptor, stats, real), file);
    if (stats.size > LARGEST_FILE) {
      const message = `the file has more than ${LARGEST_FILE / 2 ** 20} MiB`;
      throw new ShoalError('file-too-large', message, { file });
    }
    const bytes = new Uint8Array(Number(stats.size));
    return bytes.subarray(0, readAt(descriptor, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Returns the path of an open file, without links, or an empty text if its name was changed. */
function pathOfOpen(descriptor: Descriptor, { dev, ino }: BigIntStats, opened: string): string {
  try {
    // Linux knows it.
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    const real = realpathSync(opened);
    const named = statSync(real, { bigint: true });
    return named.dev === dev && named.ino === ino ? real : '';
  }
}

function requireBelow(root: string, path: string, file: string): void {
  const steps = relative(root, path);
  if (isAbsolute(path) && !isAbsolute(steps) && steps.split(sep)[0] !== '..') return;
  const message = "a link leads out of the main circuit's folder: keep its files there or below";
  throw new ShoalError('file-outside', message, { file });
}

function requireRegular(stats: Stats | BigIntStats, file: string): void {
  if (stats.isFile()) return;
  throw unreadable(file, stats.isDirectory() ? 'it is a folder' : 'it is a pipe or a device');
}

function unreadable(file: string, reason: string): ShoalError {
  return new ShoalError('unreadable-file', `the file cannot be read: ${reason}`, { file });
}
