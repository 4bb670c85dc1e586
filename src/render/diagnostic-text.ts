import pc from 'picocolors';
import { defined } from '../lookup.ts';
import {
  type Diagnostic,
  placeAt,
  positionAt,
  type Source,
  type Span,
} from '../syntax/diagnostic.ts';

/** Limit on the columns of a source line. */
const MAX_SHOWN = 100;
/** Number of columns before the mark that stay visible if a line is cut. */
const SHOWN_BEFORE = 30;
const TAB_WIDTH = 4;

/** Limit on the diagnostics of a file that are rendered. */
const MOST_RENDERED = 20;

/** Renders the first diagnostics of a file, each as a paragraph, and the number of the rest. */
export function renderDiagnostics(
  source: Source,
  diagnostics: readonly Diagnostic[],
  color: boolean,
): string {
  const first = diagnostics.slice(0, MOST_RENDERED);
  const more = diagnostics.length - first.length;
  const noun = `${diagnostics[0]?.severity}${more === 1 ? '' : 's'}`;
  const rest = more > 0 ? `${more} more ${noun}; --json has all\n` : '';
  return first.map((one) => `${renderDiagnostic(source, one, { color })}\n`).join('') + rest;
}

/**
 * Renders a diagnostic like rustc: location, message, the source line with its span marked, help.
 * Replaces characters from the source that could control a terminal.
 */
export function renderDiagnostic(
  source: Source,
  diagnostic: Diagnostic,
  options: { readonly color: boolean },
): string {
  const c = pc.createColors(options.color);
  const paint = diagnostic.severity === 'error' ? c.red : c.yellow;
  const { line, column } = positionAt(source, diagnostic.span.start);
  const place = placeAt(source, diagnostic.span.start);
  const location = `${visible(place.source.file)}:${line}:${column}`;
  const head = paint(`${diagnostic.severity}[${diagnostic.code}]`);
  const number = `${line}`;
  const bar = c.dim('|');
  const margin = ' '.repeat(number.length);
  const { start, end } = diagnostic.span;
  const span = { start: place.offset, end: place.offset + end - start };
  const excerpt = excerptOf(place.source, span);
  return [
    `${c.bold(`${location}:`)} ${c.bold(head)}: ${c.bold(visible(diagnostic.message))}`,
    ` ${c.dim(number)} ${bar} ${excerpt.before}${paint(excerpt.marked)}${excerpt.after}`.trimEnd(),
    ` ${margin} ${bar} ${excerpt.indent}${paint(excerpt.mark)}`,
    ...(diagnostic.help === undefined ? [] : [`${c.cyan('help')}: ${visible(diagnostic.help)}`]),
  ].join('\n');
}

/** The source line of a span in three parts, and the mark below it. */
interface Excerpt {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
  readonly indent: string;
  readonly mark: string;
}

function excerptOf({ text }: Source, span: Span): Excerpt {
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  const newline = text.indexOf('\n', span.start);
  const lineEnd = newline === -1 ? text.length : newline;
  const markEnd = Math.max(span.start, Math.min(span.end, lineEnd));
  // A line may be very long, so only what can be shown of it is read.
  const from = Math.max(lineStart, span.start - MAX_SHOWN);
  const to = Math.min(lineEnd, markEnd + MAX_SHOWN);
  const marked = shown(text.slice(span.start, Math.min(markEnd, span.start + MAX_SHOWN)));
  const after = shown(text.slice(markEnd, to).replace(/\r$/, ''));
  const lead = shown(text.slice(from, span.start));
  const fits = from === lineStart && widthOf([...lead, ...marked, ...after]) <= MAX_SHOWN;
  const before = fits ? lead : cutStart(lead, from > lineStart);
  const mark = cutEnd(marked, MAX_SHOWN - widthOf(before));
  const rest = cutEnd(after, MAX_SHOWN - widthOf(before) - widthOf(mark), to < lineEnd);
  return {
    before: before.join(''),
    marked: mark.join(''),
    after: rest.join(''),
    indent: ' '.repeat(widthOf(before)),
    mark: '^'.repeat(Math.max(1, widthOf(mark))),
  };
}

/** Returns the last cells that fit, after `…` if any are missing. */
function cutStart(cells: readonly string[], isCut: boolean): readonly string[] {
  if (!isCut && widthOf(cells) <= SHOWN_BEFORE) return cells;
  const kept = cells.toReversed();
  return [...cutEnd(kept, SHOWN_BEFORE, isCut)].reverse();
}

/** Returns the first cells that fit, with `…` if any are missing. */
function cutEnd(cells: readonly string[], room: number, isCut = false): readonly string[] {
  if (!isCut && widthOf(cells) <= room) return cells;
  if (room <= 0) return [];
  const kept: string[] = [];
  let left = room - 1;
  for (const cell of cells) {
    left -= cellWidth(cell);
    if (left < 0) break;
    kept.push(cell);
  }
  return [...kept, '…'];
}

function widthOf(cells: readonly string[]): number {
  return cells.reduce((width, cell) => width + cellWidth(cell), 0);
}

const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\p{Emoji_Presentation}]/u;

function cellWidth(cell: string): number {
  if (cell.length > 1 && !cell.startsWith(' ')) return WIDE.test(cell) ? 2 : 1;
  return WIDE.test(cell) ? 2 : /^\p{M}/u.test(cell) ? 0 : cell.length;
}

/** Returns source text as cells for a terminal, with tabs as spaces and no control characters. */
function shown(text: string): readonly string[] {
  return Array.from(text, (character) =>
    character === '\t' ? ' '.repeat(TAB_WIDTH) : harmless(character),
  );
}

/** Replaces every control and formatting character by a visible symbol. */
function visible(text: string): string {
  return Array.from(text, harmless).join('');
}

function harmless(character: string): string {
  const code = defined(character.codePointAt(0));
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character) ? '\ufffd' : character;
}
