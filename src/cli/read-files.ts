import { readFileSync } from 'node:fs';
import { reasonOf } from '../platform/files.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { UsageError } from './failure.ts';

/**
 * A file's bytes.
 *
 * @throws UsageError if there is none to be read: the command line is wrong
 */
export function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`, 'cannot-read', file);
  }
}

/** A file's text; a byte order mark is no part of it. */
export function readText(file: string): string {
  return readBytes(file)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** A circuit's text under the name that was given for it. */
export function readSource(file: string): Source {
  return { file, text: readText(file) };
}
