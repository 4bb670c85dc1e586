import { statSync } from 'node:fs';
import { STANDARD_STREAM } from '../platform/files.ts';
import type { Result } from './outcome.ts';

/** An upload or result: the path of its file, or the bytes that standard output will get. */
export type Written = string | Uint8Array;

/** Returns where `-o` says that a file is written; undefined for standard output. */
export function destinationOf(output: string): string | undefined {
  return output === STANDARD_STREAM ? undefined : output;
}

/** Returns the size in bytes. */
export function sizeOfWritten(written: Written): number {
  return typeof written === 'string' ? statSync(written).size : written.length;
}

/** Returns the part of a result that standard output gets. */
export function forStandardOutput(written: Written): Pick<Result, 'bytes'> {
  return typeof written === 'string' ? {} : { bytes: written };
}
