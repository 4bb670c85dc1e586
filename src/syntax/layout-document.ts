import { defined } from '../lookup.ts';

/*
 * A small pretty printer after Wadler ("A prettier printer"). Documents say where lines may break,
 * and the printer breaks the outermost groups that do not fit. Comments are documents, too: the
 * printer prints each once, on its own line if it had one, and ends the line after a `//` comment.
 */

/** A text with possible line breaks. `breaks` is set if it cannot be on one line. */
export type Doc =
  | string
  | { readonly kind: 'concat'; readonly parts: readonly Doc[]; readonly breaks: boolean }
  | { readonly kind: 'indent'; readonly doc: Doc; readonly breaks: boolean }
  | { readonly kind: 'group'; readonly doc: Doc; readonly breaks: boolean }
  | { readonly kind: 'line'; readonly flat: ' ' | ''; readonly breaks: false }
  | { readonly kind: 'fillLine'; readonly breaks: false }
  | { readonly kind: 'hardline'; readonly blank: boolean; readonly breaks: true }
  | { readonly kind: 'space'; readonly breaks: false }
  | Comment;

export interface Comment {
  readonly kind: 'comment';
  readonly text: string;
  /** Whether it has a line to itself. */
  readonly own: boolean;
  readonly breaks: boolean;
}

const INDENT_WIDTH = 2;
/** Further indentation of text that a comment has forced to a new line, in columns. */
const CONTINUATION_INDENT = 4;

/** A blank between two texts, omitted at both ends of a line. */
export const SPACE: Doc = { kind: 'space', breaks: false };
/** A blank, or a new line if its group breaks. */
export const LINE: Doc = { kind: 'line', flat: ' ', breaks: false };
/** Nothing, or a new line if its group breaks. */
export const SOFTLINE: Doc = { kind: 'line', flat: '', breaks: false };

/** Returns a line break, with an empty line if `blank` is set. */
export function hardline(blank = false): Doc {
  return { kind: 'hardline', blank, breaks: true };
}

/** Returns documents printed one after the other. */
export function concat(parts: readonly Doc[]): Doc {
  return { kind: 'concat', parts, breaks: parts.some(breaks) };
}

/** Returns a document whose new lines are indented further. */
export function indent(doc: Doc): Doc {
  return { kind: 'indent', doc, breaks: breaks(doc) };
}

/** Returns a document on one line if it fits there. If not, all of its own lines break. */
export function group(doc: Doc): Doc {
  return { kind: 'group', doc, breaks: breaks(doc) };
}

/** A blank, or a new line if its group breaks and the text after it does not fit. */
export const FILL_LINE: Doc = { kind: 'fillLine', breaks: false };

/** Returns a comment; `own` is set if it has a line to itself. */
export function comment(text: string, own: boolean): Comment {
  return { kind: 'comment', text, own, breaks: own || text.startsWith('//') };
}

function breaks(doc: Doc): boolean {
  return typeof doc !== 'string' && doc.breaks;
}

/** Prints a document, in lines of at most `width` columns where possible. */
export function printDoc(doc: Doc, width: number): string {
  const printer = new Printer(width);
  printer.print(doc, 0, false);
  return printer.text();
}

/** A concatenation that is being printed. */
interface Frame {
  readonly parts: readonly Doc[];
  next: number;
  readonly flat: boolean;
}

class Printer {
  readonly #width: number;
  readonly #out: string[] = [];
  readonly #frames: Frame[] = [];
  #column = 0;
  #atLineStart = true;
  /** Indentation of the current line, in columns. */
  #lineIndent = 0;
  #spacePending = false;
  #breakPending = false;
  #afterComment = false;
  #lastCharacter = '';

  constructor(width: number) {
    this.#width = width;
  }

  text(): string {
    return this.#out.join('');
  }

  print(doc: Doc, indentation: number, flat: boolean): void {
    if (typeof doc === 'string') {
      this.#write(doc, indentation);
      return;
    }
    switch (doc.kind) {
      case 'concat':
        this.#printParts(doc.parts, indentation, flat);
        return;
      case 'indent':
        this.print(doc.doc, indentation + INDENT_WIDTH, flat);
        return;
      case 'group':
        this.print(doc.doc, indentation, flat || (!doc.breaks && this.#fits(doc.doc)));
        return;
      case 'line':
        if (!flat) this.#newline(indentation);
        else if (doc.flat === ' ') this.#spacePending = true;
        return;
      case 'fillLine':
        this.#spacePending = true;
        if (!flat && !this.#fits('')) this.#newline(indentation);
        return;
      case 'hardline':
        this.#newline(indentation);
        if (doc.blank) this.#out.push('\n');
        return;
      case 'space':
        this.#spacePending = true;
        return;
      case 'comment':
        this.#printComment(doc, indentation);
    }
  }

  #printParts(parts: readonly Doc[], indentation: number, flat: boolean): void {
    const frame: Frame = { parts, next: 0, flat };
    this.#frames.push(frame);
    while (frame.next < parts.length) this.print(defined(parts[frame.next++]), indentation, flat);
    this.#frames.pop();
  }

  #write(text: string, indentation: number): void {
    if (text === '') return;
    if (this.#breakPending) this.#newline(indentation + CONTINUATION_INDENT);
    const clings = this.#afterComment ? ',;)]'.includes(defined(text[0])) : !this.#spacePending;
    this.#put(text, clings ? '' : ' ');
    this.#afterComment = false;
  }

  #printComment({ text, own }: Comment, indentation: number): void {
    if (this.#breakPending || (own && !this.#atLineStart))
      this.#newline(indentation + CONTINUATION_INDENT);
    const clings = text.startsWith('/*') && '(['.includes(this.#lastCharacter);
    this.#put(text, clings ? '' : ' ');
    this.#afterComment = true;
    if (own) this.#newline(this.#lineIndent);
    else this.#breakPending = text.startsWith('//');
  }

  #put(text: string, before: '' | ' '): void {
    const lead = this.#atLineStart ? ' '.repeat(this.#lineIndent) : before;
    this.#out.push(lead, text);
    const lastNewline = text.lastIndexOf('\n');
    this.#column =
      lastNewline < 0 ? this.#column + lead.length + text.length : text.length - lastNewline - 1;
    this.#lastCharacter = defined(text.at(-1));
    this.#atLineStart = false;
    this.#spacePending = false;
  }

  /** Starts a new line, unless the current one is empty. */
  #newline(indentation: number): void {
    if (!this.#atLineStart) this.#out.push('\n');
    this.#atLineStart = true;
    this.#column = 0;
    this.#lineIndent = indentation;
    this.#spacePending = false;
    this.#breakPending = false;
    this.#afterComment = false;
  }

  /** Whether `doc` and the text after it, up to the next possible line break, fit on this line. */
  #fits(doc: Doc): boolean {
    const used = this.#atLineStart ? this.#lineIndent : this.#column + (this.#spacePending ? 1 : 0);
    const ruler = new Ruler(this.#width - used);
    let verdict = ruler.measure(doc, true);
    for (let i = this.#frames.length - 1; i >= 0 && verdict === undefined; i--) {
      const { parts, next, flat } = defined(this.#frames[i]);
      for (let j = next; j < parts.length && verdict === undefined; j++) {
        verdict = ruler.measure(defined(parts[j]), flat);
      }
    }
    return verdict ?? true;
  }
}

/** Measures documents until the line ends or becomes too long. */
class Ruler {
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  /** Returns true if the line ends and fits, false if it is too long, undefined if it goes on. */
  measure(doc: Doc, flat: boolean): boolean | undefined {
    if (typeof doc === 'string') return this.#take(doc.length);
    switch (doc.kind) {
      case 'concat':
        for (const part of doc.parts) {
          const verdict = this.measure(part, flat);
          if (verdict !== undefined) return verdict;
        }
        return undefined;
      case 'indent':
        return this.measure(doc.doc, flat);
      case 'group':
        return this.measure(doc.doc, flat && !doc.breaks);
      case 'line':
        return flat ? this.#take(doc.flat.length) : true;
      case 'fillLine':
        return flat ? this.#take(1) : true;
      case 'hardline':
        return true;
      case 'space':
        return this.#take(1);
      case 'comment':
        return this.#takeComment(doc);
    }
  }

  #take(length: number): false | undefined {
    this.#room -= length;
    return this.#room < 0 ? false : undefined;
  }

  /** Measures a comment. One that ends its line may have any length. */
  #takeComment({ text, own }: Comment): boolean | undefined {
    if (own || text.startsWith('//')) return true;
    const end = text.indexOf('\n');
    return this.#take(1 + (end < 0 ? text.length : end)) ?? (end < 0 ? undefined : true);
  }
}
