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

/** Files by their paths, or open ones by their descriptors; what goes wrong is the system's error, with its `code`. */

/** An open file; any thread of the process can use it. */
export type Descriptor = number;

/** Who may do what with a file. */
export interface Rights {
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
}

/** What a path leads to: `special` may be a directory or a device, a `dead link` leads to nothing. */
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

/** The file that a path stands for: links are followed, unless they lead to nothing. */
export function targetOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** The path of a file in a directory. */
export function pathIn(directory: string, name: string): string {
  return join(directory, name);
}

/** Makes a directory, and those on the way to it, where there are none. */
export function makeDirectory(path: string, mode?: number): void {
  mkdirSync(path, { recursive: true, mode });
}

/** Contents of a file that belongs to the program, by its URL. */
export function readResource(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(fileURLToPath(url));
}

/** Opens a file to read it. What is no regular file is undefined: opening it may wait for ever. */
export function openFile(path: string): Descriptor | undefined {
  return statSync(path).isFile() ? openSync(path, 'r') : undefined;
}

/** Makes a new file and opens it to write; fails if there is one. */
export function createFile(path: string, mode: number): Descriptor {
  return openSync(path, 'wx', mode);
}

export function closeFile(file: Descriptor): void {
  closeSync(file);
}

export function sizeOfFile(file: Descriptor): number {
  return fstatSync(file).size;
}

/** Fills `bytes` from a place in a file; returns how many there were. */
export function readAt(file: Descriptor, bytes: Uint8Array, at: number): number {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, at + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Appends bytes, all of them. */
export function appendTo(file: Descriptor, bytes: Uint8Array): void {
  // A disk that fills up takes a part first.
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** Waits until a file is on the disk. */
export function syncFile(file: Descriptor): void {
  fsyncSync(file);
}

/** Waits until the name of a file is on the disk, where the system lets a directory be synced. */
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
    // The file itself is on the disk.
  } finally {
    closeSync(directory);
  }
}

/** Rights of a file, if there is one. */
export function rightsOf(path: string): Rights | undefined {
  try {
    const { mode, uid, gid } = statSync(path);
    return { mode: mode & 0o7777, owner: uid, group: gid };
  } catch {
    return undefined;
  }
}

/** Gives a file the rights of another one, as far as the system lets the user do that. */
export function giveRights(file: Descriptor, { mode, owner, group }: Rights): void {
  ifAllowed(() => fchownSync(file, owner, group));
  // After the owner, whose change takes some of them away.
  ifAllowed(() => fchmodSync(file, mode));
}

function ifAllowed(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
  }
}

/** Gives a file exactly this mode, whatever new files get. */
export function setMode(file: Descriptor, mode: number): void {
  fchmodSync(file, mode);
}

/** Gives a file another name, in place of the file that has it. */
export function renameFile(from: string, to: string): void {
  renameSync(from, to);
}

/** Gives a file another name unless there is such a name by now; returns whether it was free. */
export function renameToFree(from: string, to: string): boolean {
  // A link fails where there is such a name; a renaming would replace it.
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || kindOf(to) !== undefined) return false;
    // Some file systems have no links.
    renameSync(from, to);
    return true;
  }
  rmSync(from);
  return true;
}

/** Removes a file, if there is one. */
export function removeFile(path: string): void {
  // A path through something that is not a directory leads to no file; rmSync would fail there.
  if (kindOf(path) !== undefined) rmSync(path, { force: true });
}

/** Why the system did not do something with a file, for people. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is no directory',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space is left',
    EDQUOT: 'the disk quota is used up',
  };
  return (code && reasons[code]) || message;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
