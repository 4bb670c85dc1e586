import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Access to files by path, and to open files by descriptor. Failures throw the system's errors,
 * with their `code`.
 */

/** The path that stands for standard input where a file is read, else for standard output. */
export const STANDARD_STREAM = '-';

/** The descriptor of an open file. Every thread of the process can use it. */
export type Descriptor = number;

/** The permissions and the owner of a file. */
export interface Rights {
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
}

/**
 * Returns what a path leads to: a regular file, something else (`special`: a directory, a device),
 * a link to nothing (`dead link`), or undefined if the path does not exist.
 */
export function kindOf(path: string): 'file' | 'special' | 'dead link' | undefined {
  try {
    lstatSync(path);
  } catch {
    return undefined;
  }
  try {
    return statSync(path).isFile() ? 'file' : 'special';
  } catch {
    return 'dead link';
  }
}

/** Whether a path leads to a pipe, a socket or a device, which is read from start to end only. */
export function isStream(path: string): boolean {
  if (path === STANDARD_STREAM) return true;
  try {
    const stats = statSync(path);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    return false;
  }
}

/** Whether a path leads to a directory. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether two paths lead to the same regular file, by links of any kind. */
export function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map(identityOfFile);
  return first !== undefined && first === second;
}

function identityOfFile(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the path of the file that a path leads to. Links are followed unless they are dead. */
export function targetOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** Returns the path of a file in a directory. */
export function pathIn(directory: string, name: string): string {
  return join(directory, name);
}

/** Creates a directory and its parents, where they do not exist. */
export function makeDirectory(path: string, mode?: number): void {
  mkdirSync(path, { recursive: true, mode });
}

/** Reads a file that belongs to the program, by its URL. */
export function readResource(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(fileURLToPath(url));
}

/**
 * Opens a file for reading. Returns undefined for anything but a regular file: opening a pipe, for
 * example, may wait for ever.
 */
export function openFile(path: string): Descriptor | undefined {
  return statSync(path).isFile() ? openSync(path, 'r') : undefined;
}

/** Creates a file and opens it for writing. Throws if it exists. */
export function createFile(path: string, mode: number): Descriptor {
  return openSync(path, 'wx', mode);
}

export function closeFile(file: Descriptor): void {
  closeSync(file);
}

export function sizeOfFile(file: Descriptor): number {
  return fstatSync(file).size;
}

/** Fills `bytes` from offset `at` of a file. Returns how many bytes the file had there. */
export function readAt(file: Descriptor, bytes: Uint8Array, at: number): number {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, at + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Appends all bytes to a file. */
export function appendTo(file: Descriptor, bytes: Uint8Array): void {
  // A disk that is almost full takes only some of the bytes at first.
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** Waits until the contents of a file are on the disk. */
export function syncFile(file: Descriptor): void {
  fsyncSync(file);
}

/** Waits until the name of a file is on the disk, where the system can sync a directory. */
export function syncName(path: string): void {
  let directory: Descriptor;
  try {
    directory = openSync(dirname(path), 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(directory);
  } catch {
    // The contents of the file are on the disk.
  } finally {
    closeSync(directory);
  }
}

/** Returns the permissions and the owner of a file; undefined if it does not exist. */
export function rightsOf(path: string): Rights | undefined {
  try {
    const { mode, uid, gid } = statSync(path);
    return { mode: mode & 0o7777, owner: uid, group: gid };
  } catch {
    return undefined;
  }
}

/** Gives a file permissions and an owner, as far as the system lets the user do that. */
export function giveRights(file: Descriptor, { mode, owner, group }: Rights): void {
  ifAllowed(() => fchownSync(file, owner, group));
  // Only now: changing the owner clears some permission bits.
  ifAllowed(() => fchmodSync(file, mode));
}

function ifAllowed(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
  }
}

/** Gives a file exactly this mode, independent of the umask. */
export function setMode(file: Descriptor, mode: number): void {
  fchmodSync(file, mode);
}

/** Renames a file. Replaces a file that has the new name. */
export function renameFile(from: string, to: string): void {
  renameSync(from, to);
}

/** Renames a file unless the new name is taken. Returns whether the name was free. */
export function renameToFree(from: string, to: string): boolean {
  // Linking fails if the name is taken; renaming would replace that file.
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || kindOf(to) !== undefined) return false;
    // Some file systems do not support links.
    renameSync(from, to);
    return true;
  }
  rmSync(from);
  return true;
}

/** Removes a file, if there is one and the system permits it. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The caller has failed, or was interrupted, and reports that.
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
