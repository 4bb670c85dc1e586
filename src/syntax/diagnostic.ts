import { distance } from 'fastest-levenshtein';

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

/** Errors refuse a file, warnings do not. */
export type Severity = 'error' | 'warning';

/**
 * One thing to tell the author of a file. `code` is stable and documented in `docs/errors.md`;
 * `help` says what to write instead.
 */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly help?: string;
}

/** Position for people: both count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Thrown by stages that cannot go on; carries every problem that was found until then. */
export class CircuitError extends Error {
  override readonly name = 'CircuitError';
  readonly source: Source;
  readonly diagnostics: readonly Diagnostic[];

  constructor(source: Source, diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join('\n'));
    this.source = source;
    this.diagnostics = diagnostics;
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
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A diagnostic for programs; the help is part of the message. */
export function diagnosticToJson(source: Source, diagnostic: Diagnostic): DiagnosticJson {
  const { code, message, help, span } = diagnostic;
  const { line, column } = positionAt(source, span.start);
  const full = help === undefined ? message : `${message}: ${help}`;
  return { code, file: source.file, line, column, message: full };
}
