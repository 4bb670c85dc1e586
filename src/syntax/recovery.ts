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
import { ITEM_WORDS, LINE_WORDS, STATEMENT_WORDS } from './brackets.ts';
import type { Span } from './diagnostic.ts';
import {
  ELSE_IF_WORDS,
  type Explanation,
  explainFailure,
  explainStray,
  missingSemicolon,
} from './explain-failure.ts';
import { Problems } from './problem-list.ts';
import * as t from './tokens.ts';

/** The parser's inputs besides the tokens, and the lists that it adds to. */
export interface ParseContext {
  readonly text: string;
  readonly problems: Problems;
  /** Whether an earlier phase has reported an error that starts in a span. */
  readonly refused: (span: Span) => boolean;
  readonly unclosedBlocks: ReadonlySet<number>;
  /** The names that dropped statements would have declared or assigned; the parser adds to it. */
  readonly lostNames: Set<string>;
}

/** Makes exceptions whose message is the expected token; `explain-failure.ts` writes sentences. */
const expectedOnly: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => tokenLabel(expected),
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? '',
  buildNotAllInputParsedMessage: () => 'the end of the file',
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? 'an expression',
};

const noContext: ParseContext = {
  text: '',
  problems: new Problems(),
  refused: () => true,
  unclosedBlocks: new Set(),
  lostNames: new Set(),
};

/** Limit on the tokens that are read to find out whether indices belong to an assignment. */
const MAX_INDEX_TOKENS = 32;

/** Tokens that show that a `}` before them does not end the statement. */
const AFTER_BLOCK = [t.SemicolonToken, t.CommaToken, t.RParenToken, t.RSquareToken];

/** Whether a statement that starts with a token is an `if`, or was meant as part of one. */
function isIf({ tokenType, image }: IToken): boolean {
  return tokenType === t.IfToken || tokenType === t.ElseToken || ELSE_IF_WORDS.has(image);
}

/**
 * The base class of the parser, which continues after errors.
 *
 * chevrotain's own recovery inserts and deletes tokens wherever that lets it continue, which causes
 * follow-up errors. This class reports an error, skips to the start of the next statement and
 * leaves the broken statement out of the tree. It repairs only a missing `;`. It parses the blocks
 * of broken loops and functions to find errors in them, and drops the result.
 */
export abstract class RecoveringParser extends EmbeddedActionsParser {
  protected abstract readonly block: ParserMethod<[], unknown>;
  protected abstract readonly stmt: ParserMethod<[], unknown>;

  #context = noContext;
  /** Offsets of the open `{`. */
  readonly #openBlocks: number[] = [];
  /** Whether the next `{` belongs to a statement that was dropped before it. */
  #orphanNext = false;
  #orphanDepth = 0;
  /** Whether the last statement was an `if` with an error, so that an `else` can follow. */
  #ifBroken = false;
  /** The second operator of the last chain of comparisons. */
  #chained: IToken | undefined;

  constructor(options: { readonly validate: boolean }) {
    super([...t.GRAMMAR_TYPES, ...t.FOREIGN_TYPES], {
      maxLookahead: 1,
      recoveryEnabled: false,
      skipValidations: !options.validate,
      errorMessageProvider: expectedOnly,
    });
  }

  /** Runs a rule over tokens, and adds errors to `context`. */
  protected recovering<T>(tokens: readonly IToken[], context: ParseContext, rule: () => T): T {
    this.#context = context;
    this.#openBlocks.length = 0;
    this.#orphanNext = false;
    this.#orphanDepth = 0;
    this.#ifBroken = false;
    this.#chained = undefined;
    this.input = [...tokens];
    try {
      return rule();
    } finally {
      // The parser is reused, so it must not keep a file's tokens in memory.
      this.#context = noContext;
      this.input = [];
    }
  }

  /** Consumes `{`. */
  protected openBlock(): void {
    this.#openBlocks.push(this.CONSUME(t.LBraceToken).startOffset);
  }

  /** Consumes `}`. */
  protected closeBlock(): void {
    this.CONSUME(t.RBraceToken);
    this.#openBlocks.pop();
  }

  /** Stores the next token if it is a comparison after a comparison. The parser fails there. */
  protected noteChain(): void {
    const next = this.LA(1);
    if (t.COMPARISON_TYPES.includes(next.tokenType)) this.#chained = next;
  }

  /** Consumes `;`, or reports that it is missing if the statement is otherwise complete. */
  protected semicolon(occurrence: number): void {
    const next = this.LA(1);
    if (this.RECORDING_PHASE || !this.#lacksSemicolon(next)) {
      this.consume(occurrence, t.SemicolonToken);
      return;
    }
    const end = t.endOf(this.LA(0));
    this.#report({ start: end - 1, end: end + 1 }, missingSemicolon(end));
  }

  /** Parses `{ rule }` up to a token of `ends`, and continues after errors. */
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

  /** Runs a rule for a statement. If it fails, reports why and skips to the next statement. */
  #attempt<T>(rule: () => T): T | undefined {
    if (this.RECORDING_PHASE) return rule();
    const first = this.LA(1);
    const second = this.LA(2);
    const unpacked = this.#unpackedNames();
    const outerBlocks = this.#openBlocks.length;
    try {
      const node = rule();
      this.#ifBroken = false;
      return node;
    } catch (error) {
      if (!isRecognitionException(error as Error)) throw error;
      this.#reportFailure(error as IRecognitionException, first);
      this.#loseName(first, second);
      for (const name of unpacked) this.#context.lostNames.add(name);
      const inner = this.#openBlocks.splice(outerBlocks);
      const closed = inner.filter((block) => !this.#context.unclosedBlocks.has(block));
      this.#skipStatement(first, closed.length);
      this.#ifBroken = isIf(first);
      return undefined;
    }
  }

  /**
   * Handles a token that starts no statement. Unless it ends the sequence, reports it and skips it
   * with the rest of its statement. Returns whether the sequence goes on.
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
      if (!this.#isExcused(type)) {
        this.#report(t.spanOf(next), explainStray(next, this.LA(2), ends.length > 0));
      }
      this.SKIP_TOKEN();
      if (type === t.ElseToken && this.LA(1).tokenType === t.IfToken) {
        // The rest of a broken `if` is dropped as well.
        this.#attempt(() => this.SUBRULE9(this.stmt));
      } else if (type !== t.SemicolonToken && type !== t.RBraceToken) {
        this.#skipStatement(next, 0);
        this.#ifBroken = isIf(next);
      }
    }
    return true;
  }

  /** Whether a token starts no statement only because of an error already reported. */
  #isExcused(type: TokenType): boolean {
    if (type === t.ElseToken) return this.#ifBroken;
    return type === t.ForeignWordToken || (type === t.ReturnToken && this.#orphanDepth > 0);
  }

  /** Parses the block of a statement whose head had an error. */
  #parseOrphan(): void {
    const ifBroken = this.#ifBroken;
    this.#orphanNext = false;
    this.#orphanDepth++;
    this.#attempt(() => this.SUBRULE9(this.block));
    this.#orphanDepth--;
    this.#ifBroken = ifBroken;
    if (this.LA(1).tokenType === t.SemicolonToken) this.SKIP_TOKEN();
  }

  /**
   * Skips to the end of a broken statement that has `depth` open blocks, or to a clear start of
   * another one.
   */
  #skipStatement(first: IToken, depth: number): void {
    const words = [t.ForToken, t.FnToken, t.ForeignWordToken];
    const hasBlock = isIf(first) || words.includes(first.tokenType);
    for (let next = this.LA(1); next.tokenType !== EOF; next = this.LA(1)) {
      const type = next.tokenType;
      if (depth === 0) {
        this.#orphanNext = type === t.LBraceToken && hasBlock;
        if (type === t.RBraceToken || this.#orphanNext) return;
        if (this.#startsLine(next) && this.#startsStatement(next)) return;
      }
      this.SKIP_TOKEN();
      if (type === t.LBraceToken) depth++;
      else if (type === t.RBraceToken) depth--;
      if (depth <= 0 && this.#endsStatement(type, first)) return;
    }
  }

  /** Whether the token just skipped, outside of blocks, ends the broken statement. */
  #endsStatement(type: TokenType, first: IToken): boolean {
    if (type === t.SemicolonToken) return true;
    const next = this.LA(1).tokenType;
    const goesOn = AFTER_BLOCK.includes(next) || (next === t.ElseToken && !isIf(first));
    return type === t.RBraceToken && !goesOn;
  }

  #lacksSemicolon(next: IToken): boolean {
    if (next.tokenType === t.SemicolonToken) return false;
    return (
      next.tokenType === EOF || next.tokenType === t.RBraceToken || this.#startsStatement(next)
    );
  }

  /** Whether the next token looks like the start of a statement, ignoring the tokens before it. */
  #startsStatement(next: IToken): boolean {
    if (STATEMENT_WORDS.has(next.tokenType)) return true;
    const isStart = LINE_WORDS.has(next.tokenType) || this.#startsAssignment(next);
    return isStart && this.#startsLine(next);
  }

  /** Whether the next tokens are a name, perhaps indices, and the sign of an assignment. */
  #startsAssignment(next: IToken): boolean {
    if (next.tokenType !== t.IdentToken) return false;
    let at = 2;
    if (this.LA(at).tokenType === t.LSquareToken) {
      while (at < MAX_INDEX_TOKENS && this.LA(at).tokenType !== t.RSquareToken) at++;
      at++;
    }
    return t.ASSIGNMENT_TYPES.includes(this.LA(at).tokenType);
  }

  #startsLine(next: IToken): boolean {
    return this.#context.text.slice(t.endOf(this.LA(0)), next.startOffset).includes('\n');
  }

  #reportFailure(failure: IRecognitionException, first: IToken): void {
    const end = Math.max(t.endOf(failure.token), t.endOf(this.LA(0)));
    const explanation = explainFailure(failure, first, this.#chained, this.#context.text);
    this.#report({ start: first.startOffset, end }, explanation);
  }

  /** Reports an error, unless an earlier phase has reported one in the span `seen`. */
  #report(seen: Span, { code, span, message, help }: Explanation): void {
    const { problems, refused } = this.#context;
    if (!refused(seen)) problems.error(code, span, message, help);
  }

  /** Returns the names that the next statement declares if it starts with `let [`. */
  #unpackedNames(): readonly string[] {
    const names: string[] = [];
    if (this.LA(1).tokenType !== t.LetToken || this.LA(2).tokenType !== t.LSquareToken)
      return names;
    for (let at = 3; this.LA(at).tokenType === t.IdentToken; at += 2) names.push(this.LA(at).image);
    return names;
  }

  /** Stores the name that a dropped statement declares or assigns. */
  #loseName(first: IToken, second: IToken): void {
    const name = second.tokenType === t.IdentToken ? second : first;
    if (name.tokenType === t.IdentToken) this.#context.lostNames.add(name.image);
  }
}
