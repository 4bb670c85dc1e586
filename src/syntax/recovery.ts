import {
  EmbeddedActionsParser,
  EOF,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  isRecognitionException,
  type ParserMethod,
  type TokenType,
  tokenLabel,
} from 'chevrotain';
import { ITEM_WORDS, STATEMENT_WORDS } from './brackets.ts';
import type { Span } from './diagnostic.ts';
import {
  type Explanation,
  explainFailure,
  explainStray,
  missingSemicolon,
} from './explain-failure.ts';
import { Problems } from './problem-list.ts';
import * as t from './tokens.ts';

/** What the parser needs to know of a file besides its tokens. */
export interface ParseContext {
  readonly text: string;
  readonly problems: Problems;
  /** Whether an earlier stage has found a problem in a span. */
  readonly refused: (span: Span) => boolean;
  readonly unclosedBlocks: ReadonlySet<number>;
  /** Receives the names that dropped statements would have declared. */
  readonly lostNames: Set<string>;
}

/** The message of an exception is what was expected; `explain-failure.ts` makes sentences of it. */
const expectedOnly: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => tokenLabel(expected),
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? '',
  buildNotAllInputParsedMessage: () => 'the end of the file',
  buildEarlyExitMessage: () => 'an expression',
};

const noContext: ParseContext = {
  text: '',
  problems: new Problems(),
  refused: () => true,
  unclosedBlocks: new Set(),
  lostNames: new Set(),
};

/**
 * The part of the parser that goes on after errors.
 *
 * chevrotain's own recovery inserts and deletes tokens wherever that lets it go on, which breeds
 * follow-up errors. Here an error ends its statement: it is reported, the tokens up to where the next
 * statement starts are skipped, and the statement is left out of the tree. Only a missing `;` is mended
 * in place. Blocks of broken loops and functions are parsed for the errors in them, and dropped.
 */
export abstract class RecoveringParser extends EmbeddedActionsParser {
  protected abstract readonly block: ParserMethod<[], unknown>;

  #context = noContext;
  /** Offsets of the `{` that are open at this point. */
  readonly #openBlocks: number[] = [];
  /** Whether the next `{` belongs to a statement that was given up before it. */
  #orphanNext = false;
  #orphanDepth = 0;

  constructor(options: { readonly validate: boolean }) {
    super([...t.GRAMMAR_TYPES, ...t.FOREIGN_TYPES], {
      maxLookahead: 1,
      recoveryEnabled: false,
      skipValidations: !options.validate,
      errorMessageProvider: expectedOnly,
    });
  }

  /** Runs a rule over tokens, reporting to `context`. */
  protected recovering<T>(tokens: readonly IToken[], context: ParseContext, rule: () => T): T {
    this.#context = context;
    this.#openBlocks.length = 0;
    this.#orphanNext = false;
    this.#orphanDepth = 0;
    this.input = [...tokens];
    try {
      return rule();
    } finally {
      // The parser lives on: it must not keep a file's tokens alive.
      this.#context = noContext;
      this.input = [];
    }
  }

  /** `{` */
  protected openBlock(): void {
    this.#openBlocks.push(this.CONSUME(t.LBraceToken).startOffset);
  }

  /** `}` */
  protected closeBlock(): void {
    this.CONSUME(t.RBraceToken);
    this.#openBlocks.pop();
  }

  /** `;`, or a report that it is missing where plainly nothing else is wrong. */
  protected semicolon(occurrence: number): void {
    const next = this.LA(1);
    if (this.RECORDING_PHASE || !this.#lacksSemicolon(next)) {
      this.consume(occurrence, t.SemicolonToken);
      return;
    }
    const end = t.endOf(this.LA(0));
    this.#report({ start: end - 1, end: end + 1 }, missingSemicolon(end));
  }

  /** `{ rule }` up to one of `ends`, surviving broken ones. */
  protected sequence<T>(rule: ParserMethod<[], T>, ends: readonly TokenType[]): readonly T[] {
    const found: T[] = [];
    do {
      this.MANY(() => {
        const node = this.#attempt(() => this.SUBRULE(rule));
        if (node !== undefined) found.push(node);
      });
    } while (this.#skipStray(ends));
    return found;
  }

  /** Runs a rule for a statement; if it fails, reports why and skips to where the next one starts. */
  #attempt<T>(rule: () => T): T | undefined {
    if (this.RECORDING_PHASE) return rule();
    const first = this.LA(1);
    const second = this.LA(2);
    const outerBlocks = this.#openBlocks.length;
    try {
      return rule();
    } catch (error) {
      if (!isRecognitionException(error as Error)) throw error;
      this.#reportFailure(error as IRecognitionException, first);
      this.#loseName(first, second);
      const inner = this.#openBlocks.splice(outerBlocks);
      const closed = inner.filter((block) => !this.#context.unclosedBlocks.has(block));
      this.#skipStatement(first, closed.length);
      return undefined;
    }
  }

  /**
   * At a token that starts no statement: reports it unless it ends the sequence, and skips what it
   * leads. Returns whether the sequence goes on.
   */
  #skipStray(ends: readonly TokenType[]): boolean {
    const next = this.LA(1);
    const type = next.tokenType;
    if (this.RECORDING_PHASE || type === EOF || ends.includes(type)) return false;
    if (ITEM_WORDS.has(type) && this.#context.unclosedBlocks.has(this.#openBlocks.at(-1) ?? -1)) {
      return false;
    }
    if (type === t.LBraceToken && this.#orphanNext) this.#parseOrphan();
    else {
      if (!this.#isExcused(type)) this.#report(t.spanOf(next), explainStray(next, ends.length > 0));
      this.SKIP_TOKEN();
      if (type !== t.SemicolonToken && type !== t.RBraceToken) this.#skipStatement(next, 0);
    }
    return true;
  }

  /** Whether a token starts no statement only because of what has been reported already. */
  #isExcused(type: TokenType): boolean {
    return type === t.ForeignWordToken || (type === t.ReturnToken && this.#orphanDepth > 0);
  }

  /** Parses a block whose head was broken. */
  #parseOrphan(): void {
    this.#orphanNext = false;
    this.#orphanDepth++;
    this.#attempt(() => this.SUBRULE9(this.block));
    this.#orphanDepth--;
    if (this.LA(1).tokenType === t.SemicolonToken) this.SKIP_TOKEN();
  }

  /**
   * Skips to the end of a broken statement that has `depth` open blocks, or to where another one plainly
   * starts. All the rest is skipped once there are so many errors that more help nobody.
   */
  #skipStatement(first: IToken, depth: number): void {
    const hasBlock = [t.ForToken, t.FnToken, t.ForeignWordToken].includes(first.tokenType);
    const giveUp = this.#context.problems.full;
    for (let next = this.LA(1); next.tokenType !== EOF; next = this.LA(1)) {
      const type = next.tokenType;
      if (depth === 0 && !giveUp) {
        this.#orphanNext = type === t.LBraceToken && hasBlock;
        if (type === t.RBraceToken || this.#orphanNext) return;
        if (this.#startsLine(next) && this.#startsStatement(next)) return;
      }
      this.SKIP_TOKEN();
      if (type === t.LBraceToken) depth++;
      else if (type === t.RBraceToken) depth--;
      if (depth <= 0 && !giveUp && this.#endsStatement(type)) return;
    }
  }

  /** Whether a token that has just been skipped, outside of blocks, ends the broken statement. */
  #endsStatement(type: TokenType): boolean {
    if (type === t.SemicolonToken) return true;
    const next = this.LA(1).tokenType;
    return type === t.RBraceToken && next !== t.SemicolonToken && next !== t.ForeignWordToken;
  }

  #lacksSemicolon(next: IToken): boolean {
    if (next.tokenType === t.SemicolonToken) return false;
    return (
      next.tokenType === EOF || next.tokenType === t.RBraceToken || this.#startsStatement(next)
    );
  }

  /** Whether the next token looks like the start of a statement, whatever came before. */
  #startsStatement(next: IToken): boolean {
    if (STATEMENT_WORDS.has(next.tokenType)) return true;
    const isAssignment = next.tokenType === t.IdentToken && this.LA(2).tokenType === t.EqualsToken;
    return (isAssignment || next.tokenType === t.ForeignWordToken) && this.#startsLine(next);
  }

  #startsLine(next: IToken): boolean {
    return this.#context.text.slice(t.endOf(this.LA(0)), next.startOffset).includes('\n');
  }

  #reportFailure(failure: IRecognitionException, first: IToken): void {
    const end = Math.max(t.endOf(failure.token), t.endOf(this.LA(0)));
    const explanation = explainFailure(failure, first, this.#context.text);
    this.#report({ start: first.startOffset, end }, explanation);
  }

  /** Reports a problem unless an earlier stage has refused what was seen of the text for it. */
  #report(seen: Span, { code, span, message, help }: Explanation): void {
    const { problems, refused } = this.#context;
    if (!refused(seen)) problems.error(code, span, message, help);
  }

  /** Remembers the name that a dropped statement declares or assigns. */
  #loseName(first: IToken, second: IToken): void {
    const name = second.tokenType === t.IdentToken ? second : first;
    if (name.tokenType === t.IdentToken) this.#context.lostNames.add(name.image);
  }
}
