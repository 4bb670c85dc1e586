import { distance } from 'fastest-levenshtein';
import {
  CODES,
  type Code,
  type ErrorCode,
  type ErrorStatus,
  type WarningCode,
} from '../errors/codes.ts';
import type { Position } from '../errors/location.ts';

/** A text with the name under which messages speak of it. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** Half-open range of UTF-16 offsets into a source's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Remark {
  readonly message: string;
  readonly span: Span;
  /** What to write instead. */
  readonly help?: string;
}

/** Why a file is refused. */
export interface ErrorDiagnostic extends Remark {
  readonly severity: 'error';
  readonly code: ErrorCode;
}

/** What the author of a file may want to know, and that stops nothing. */
export interface Warning extends Remark {
  readonly severity: 'warning';
  readonly code: WarningCode;
}

/** One thing to tell the author of a file. */
export type Diagnostic = ErrorDiagnostic | Warning;

/** Thrown by stages that cannot go on; carries every problem that was found until then. */
export class CircuitError extends Error {
  override readonly name = 'CircuitError';
  readonly source: Source;
  readonly diagnostics: readonly ErrorDiagnostic[];

  constructor(source: Source, diagnostics: readonly ErrorDiagnostic[]) {
    super(diagnostics.map((d) => d.message).join('\n'));
    this.source = source;
    this.diagnostics = diagnostics;
  }

  /** With which a command ends: what is wrong with the circuit comes before what is with the command line. */
  get status(): ErrorStatus {
    const statuses = this.diagnostics.map(({ code }): ErrorStatus => CODES[code].status);
    return statuses.includes(1) ? 1 : 2;
  }
}

/** Line and column of an offset, both from 1. */
export function positionAt(source: Source, offset: number): Position {
  const before = source.text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
  return { line, column: offset - lineStart + 1 };
}

/** The same for many offsets of one source: lines are looked for once. */
export function positionsIn({ text }: Source): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 };
  };
}

/** The candidate a mistyped name was probably meant to be, if one is near enough to be worth saying. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  // Two letters that changed places are two edits; names of one or two letters resemble too many.
  const limit = name.length < 3 ? 0 : name.length < 5 ? 1 : 2;
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** A diagnostic for programs, as `--json` gives it. */
export interface DiagnosticJson {
  readonly code: Code;
  readonly file: string;
  /** Missing, as the column, where there is no place to name. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** A diagnostic for programs; the help is part of the message. */
export function diagnosticToJson(source: Source, diagnostic: Diagnostic): DiagnosticJson {
  const { code, message, help, span } = diagnostic;
  const { line, column } = positionAt(source, span.start);
  const full = help === undefined ? message : `${message}: ${help}`;
  return { code, file: source.file, line, column, message: full };
}
