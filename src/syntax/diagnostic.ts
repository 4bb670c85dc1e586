import { distance } from 'fastest-levenshtein';
import {
  CODES,
  type Code,
  type ErrorCode,
  type ErrorStatus,
  type WarningCode,
} from '../errors/codes.ts';
import type { Position } from '../errors/location.ts';
import { at } from '../lookup.ts';

/** A text, and the file name that messages give for it. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** How the files that the text names are read; none by default, and then each is refused. */
  readonly files?: FileAccess;
  /** The files that the text includes. Their offsets continue those of the text. */
  readonly included?: readonly IncludedText[];
}

/**
 * Returns the bytes of a file that a circuit names, which do not change any more.
 *
 * @param path relative to the folder of the main circuit, with `/` between its parts, without `.`
 *   and `..`; or `std/NAME`, a file of the standard library
 * @throws any error, whose message says why the file cannot be read
 */
export type FileResolver = (path: string) => Uint8Array;

/** How the files that a circuit names are read. */
export interface FileAccess {
  readonly resolve: FileResolver;
  /** Limit on the numbers of all arrays that the circuit loads; 2^26 by default. */
  readonly mostNumbers?: number;
}

/** An included file, and the offset at which its text starts. */
export interface IncludedText {
  readonly start: number;
  /** The path that resolvers take. */
  readonly path: string;
  readonly source: Source;
}

/** Limit on the length of a circuit, in UTF-16 units. */
export const MAX_LENGTH = 8 * 2 ** 20;

/** A range of UTF-16 offsets into a source's text, without its end. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Remark {
  readonly message: string;
  readonly span: Span;
  /** Advice on what to write instead. */
  readonly help?: string;
}

/** A reason why a file is refused. */
export interface ErrorDiagnostic extends Remark {
  readonly severity: 'error';
  readonly code: ErrorCode;
}

/** Advice to the author of a file, which does not stop a command. */
export interface Warning extends Remark {
  readonly severity: 'warning';
  readonly code: WarningCode;
}

/** An error or a warning about a location of a file. */
export type Diagnostic = ErrorDiagnostic | Warning;

/** Thrown by a phase that cannot continue, with all problems found so far. */
export class CircuitError extends Error {
  override readonly name = 'CircuitError';
  readonly source: Source;
  readonly diagnostics: readonly ErrorDiagnostic[];

  constructor(source: Source, diagnostics: readonly ErrorDiagnostic[]) {
    super(diagnostics.map((d) => d.message).join('\n'));
    this.source = source;
    this.diagnostics = diagnostics;
  }

  /** The command's exit status: 1 if the circuit has an error, 2 if only the command line has. */
  get status(): ErrorStatus {
    const statuses = this.diagnostics.map(({ code }): ErrorStatus => CODES[code].status);
    return statuses.includes(1) ? 1 : 2;
  }
}

/** Offsets of the first characters of lines, by source: one file may have many errors. */
const LINE_STARTS = new WeakMap<Source, readonly number[]>();

function lineStartsOf(source: Source): readonly number[] {
  const known = LINE_STARTS.get(source);
  if (known) return known;
  const { text } = source;
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1))
    starts.push(end + 1);
  LINE_STARTS.set(source, starts);
  return starts;
}

/** Returns the file that an offset is in, and the offset there. */
export function placeAt(source: Source, offset: number): { source: Source; offset: number } {
  const included = source.included?.findLast(({ start }) => start <= offset);
  return included
    ? { source: included.source, offset: offset - included.start }
    : { source, offset };
}

/** A position in a file that a program consists of. */
export interface FilePosition extends Position {
  /** The path of the file for resolvers, if it is an included one. */
  readonly file?: string;
}

/** Returns the position of an offset, and the file if it is an included one. */
export function filePositionAt(source: Source, offset: number): FilePosition {
  const included = source.included?.findLast(({ start }) => start <= offset);
  return { ...(included ? { file: included.path } : {}), ...positionAt(source, offset) };
}

/** Returns the text of a span. */
export function spanText(source: Source, { start, end }: Span): string {
  const place = placeAt(source, start);
  return place.source.text.slice(place.offset, place.offset + end - start);
}

/** Returns line and column of an offset in its file, both counted from 1. */
export function positionAt(whole: Source, place: number): Position {
  const { source, offset } = placeAt(whole, place);
  const starts = lineStartsOf(source);
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (at(starts, middle) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - at(starts, low) + 1 };
}

/** Returns the candidate that a misspelt name probably means, if any is similar enough. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  // Two swapped letters are two edits. Names of one or two letters are similar to too many others.
  const limit = name.length < 3 ? 0 : name.length < 5 ? 1 : 2;
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** A diagnostic as `--json` prints it. */
export interface DiagnosticJson {
  readonly code: Code;
  readonly file: string;
  /** Line and column are missing where the problem has no location in a file. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** Converts a diagnostic to JSON, with the help appended to the message. */
export function diagnosticToJson(source: Source, diagnostic: Diagnostic): DiagnosticJson {
  const { code, message, help, span } = diagnostic;
  const { line, column } = positionAt(source, span.start);
  const full = help === undefined ? message : `${message}: ${help}`;
  return { code, file: placeAt(source, span.start).source.file, line, column, message: full };
}
