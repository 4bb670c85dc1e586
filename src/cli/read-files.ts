import { readFileSync } from 'node:fs';
import { reasonOf } from '../platform/files.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { UsageError } from './failure.ts';

/**
 * Reads a file.
 *
 * @throws UsageError if the file cannot be read, because then the command line is wrong
 */
export function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`, 'cannot-read', file);
  }
}

/** Reads a text file, without a byte order mark. */
export function readText(file: string): string {
  return readBytes(file)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** Reads a circuit. Messages will name the file as the user wrote it. */
export function readSource(file: string): Source {
  return { file, text: readText(file) };
}
