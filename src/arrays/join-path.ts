import type { ErrorCode } from '../errors/codes.ts';
import { asPrintable } from '../errors/one-line.ts';

/** Why a circuit may not name a file so: the code of the error, and its message. */
export interface PathRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Limit on the UTF-16 units of a path. */
const LONGEST_PATH = 1024;

/** The name of a file of the standard library. */
const LIBRARY_NAME = /^std\/[a-z0-9-]+$/;

/** Names that lead to a device on Windows, in any folder and with any extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i;

/** Returns NAME of a path `std/NAME`, a file of the standard library; undefined for other paths. */
export function libraryNameOf(path: string): string | undefined {
  return LIBRARY_NAME.test(path) ? path.slice('std/'.length) : undefined;
}

/**
 * Returns the path of a file that a circuit names, relative to the folder of the main circuit: the
 * path that a `FileResolver` takes. It has no empty part, no `.` and no `..`. `std/NAME` is the
 * same in every file. Only names are looked at, so that the same circuit names the same files on
 * every system; links are for the resolver to check.
 *
 * @param includingFile the file that has the path in its text: what this function returned for it,
 *   or an empty text for the main circuit
 * @param path as it is written, with `/` between its parts, relative to the folder of that file
 * @returns a refusal for a path that leads out of the main circuit's folder on some system, or that
 *   names no file
 */
export function joinPath(includingFile: string, path: string): string | PathRefusal {
  if (libraryNameOf(path) !== undefined) return path;
  const fault = faultOf(path);
  if (fault !== undefined) return { code: 'bad-path', message: fault };
  if (libraryNameOf(includingFile) !== undefined) {
    const message = 'a file of the standard library includes only others, by `std/NAME`';
    return { code: 'bad-path', message };
  }
  const parts = partsOf(includingFile).slice(0, -1);
  for (const part of partsOf(path)) {
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) {
      const message = "`..` leads out of the main circuit's folder: keep its files there or below";
      return { code: 'file-outside', message };
    }
  }
  const joined = parts.join('/');
  if (joined.length > LONGEST_PATH) return { code: 'bad-path', message: TOO_LONG };
  if (libraryNameOf(joined) !== undefined) {
    const message = `\`${joined}\` is a name of the standard library: give the file an extension`;
    return { code: 'bad-path', message };
  }
  return joined;
}

const TOO_LONG = `the path has more than ${LONGEST_PATH} characters`;

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Returns why a text is no relative path of a file, in any folder. */
function faultOf(path: string): string | undefined {
  if (path === '') return 'the path is empty';
  if (path.length > LONGEST_PATH) return TOO_LONG;
  if (asPrintable(path) !== path) return 'the path has a character that cannot be shown';
  if (path.includes('\\')) return 'the path has a `\\`: write `/` between its parts';
  if (path.startsWith('/')) return 'the path is absolute: write it relative to the including file';
  if (path.includes(':')) return 'the path has a `:`: it cannot name a drive, a URL or a stream';
  if (path.startsWith('~'))
    return 'the path begins with `~`: write it relative to the including file';
  const parts = path.split('/');
  if (['', '.', '..'].includes(parts.at(-1) ?? '')) return 'the path names a folder, not a file';
  for (const part of parts) {
    if (DEVICE_NAME.test(part)) return `\`${part}\` is the name of a device on Windows`;
    if (/[. ]$/.test(part) && part !== '.' && part !== '..')
      return `\`${part}\` ends in a dot or a blank, which Windows leaves out`;
  }
  return undefined;
}
