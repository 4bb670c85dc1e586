import { defined } from '../lookup.ts';

/*
 * A small pretty printer after Wadler ("A prettier printer"): documents say where lines may break, the
 * printer breaks the outermost groups that do not fit. Comments are documents of their own, so that
 * wherever one stands, it comes out once, alone on its line if it was, and ends the line if it must.
 */

/** Something to print. `breaks` tells that it cannot be on one line. */
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
  /** Has a line to itself. */
  readonly own: boolean;
  readonly breaks: boolean;
}

const INDENT_WIDTH = 2;
/** Further indentation of what a comment has torn from its line. */
const TORN_INDENT = 4;

/** A blank between two texts; none at either end of a line. */
export const SPACE: Doc = { kind: 'space', breaks: false };
/** A blank, or a new line if its group breaks. */
export const LINE: Doc = { kind: 'line', flat: ' ', breaks: false };
/** Nothing, or a new line if its group breaks. */
export const SOFTLINE: Doc = { kind: 'line', flat: '', breaks: false };

/** A new line, after an empty one if `blank`. */
export function hardline(blank = false): Doc {
  return { kind: 'hardline', blank, breaks: true };
}

export function concat(parts: readonly Doc[]): Doc {
  return { kind: 'concat', parts, breaks: parts.some(breaks) };
}

export function indent(doc: Doc): Doc {
  return { kind: 'indent', doc, breaks: breaks(doc) };
}

/** On one line if it fits and can be; else all of its own lines break. */
export function group(doc: Doc): Doc {
  return { kind: 'group', doc, breaks: breaks(doc) };
}

/** A blank, or a new line if its group breaks and what follows does not fit. */
export const FILL_LINE: Doc = { kind: 'fillLine', breaks: false };

/** A comment; `own` if it has a line to itself. */
export function comment(text: string, own: boolean): Comment {
  return { kind: 'comment', text, own, breaks: own || text.startsWith('//') };
}

function breaks(doc: Doc): boolean {
  return typeof doc !== 'string' && doc.breaks;
}

/** Prints a document in lines of at most `width` columns where possible. */
export function printDoc(doc: Doc, width: number): string {
  const printer = new Printer(width);
  printer.print(doc, 0, false);
  return printer.text();
}

/** The rest of a concatenation that is being printed. */
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
  /** Indentation of the current line. */
  #lineIndent = 0;
  #wantsSpace = false;
  #mustBreak = false;
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
        else if (doc.flat === ' ') this.#wantsSpace = true;
        return;
      case 'fillLine':
        this.#wantsSpace = true;
        if (!flat && !this.#fits('')) this.#newline(indentation);
        return;
      case 'hardline':
        this.#newline(indentation);
        if (doc.blank) this.#out.push('\n');
        return;
      case 'space':
        this.#wantsSpace = true;
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
    if (this.#mustBreak) this.#newline(indentation + TORN_INDENT);
    const clings = this.#afterComment ? ',;)]'.includes(defined(text[0])) : !this.#wantsSpace;
    this.#put(text, clings ? '' : ' ');
    this.#afterComment = false;
  }

  #printComment({ text, own }: Comment, indentation: number): void {
    if (this.#mustBreak || (own && !this.#atLineStart)) this.#newline(indentation + TORN_INDENT);
    const clings = text.startsWith('/*') && '(['.includes(this.#lastCharacter);
    this.#put(text, clings ? '' : ' ');
    this.#afterComment = true;
    if (own) this.#newline(this.#lineIndent);
    else this.#mustBreak = text.startsWith('//');
  }

  #put(text: string, before: '' | ' '): void {
    const lead = this.#atLineStart ? ' '.repeat(this.#lineIndent) : before;
    this.#out.push(lead, text);
    const lastNewline = text.lastIndexOf('\n');
    this.#column =
      lastNewline < 0 ? this.#column + lead.length + text.length : text.length - lastNewline - 1;
    this.#lastCharacter = defined(text.at(-1));
    this.#atLineStart = false;
    this.#wantsSpace = false;
  }

  /** Goes to a new line unless already on one. */
  #newline(indentation: number): void {
    if (!this.#atLineStart) this.#out.push('\n');
    this.#atLineStart = true;
    this.#column = 0;
    this.#lineIndent = indentation;
    this.#wantsSpace = false;
    this.#mustBreak = false;
    this.#afterComment = false;
  }

  /** Whether `doc` on one line, and what follows up to where a line may end, fit on this line. */
  #fits(doc: Doc): boolean {
    const used = this.#atLineStart ? this.#lineIndent : this.#column + (this.#wantsSpace ? 1 : 0);
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

/** Measures documents until the line ends or is too long. */
class Ruler {
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  /** True if the line ends in time, false if it does not, undefined if it goes on. */
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

  /** A comment that ends its line may be as long as it likes. */
  #takeComment({ text, own }: Comment): boolean | undefined {
    if (own || text.startsWith('//')) return true;
    const end = text.indexOf('\n');
    return this.#take(1 + (end < 0 ? text.length : end)) ?? (end < 0 ? undefined : true);
  }
}
