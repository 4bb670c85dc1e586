import type { IToken, TokenType } from 'chevrotain';
import { defined } from '../lookup.ts';
import type { Problems } from './problem-list.ts';
import * as t from './tokens.ts';

/**
 * How deep things may be nested, as the sum of what each costs in stack when it is parsed: 102 brackets,
 * 170 blocks, or 256 signs, powers and indices in a chain. That takes up to two thirds of Node's default
 * stack, and no tree is deeper than 256.
 */
export const MAX_NESTING = 512;
const BRACKET_COST = 5;
const BLOCK_COST = 3;
const CHAIN_COST = 2;

const CLOSER_OF = new Map<TokenType, TokenType>([
  [t.LParenToken, t.RParenToken],
  [t.LSquareToken, t.RSquareToken],
  [t.LBraceToken, t.RBraceToken],
]);
const CLOSERS = new Set(CLOSER_OF.values());

/** Tokens after which a `-` subtracts; after all others it negates. */
const OPERAND_ENDS = new Set<TokenType>([
  t.IdentToken,
  t.NumberToken,
  t.TransposeToken,
  t.RParenToken,
  t.RSquareToken,
]);

/** Words that begin a statement and stand nowhere else. */
export const STATEMENT_WORDS: ReadonlySet<TokenType> = new Set([
  t.SchemeToken,
  t.ParamToken,
  t.ConstToken,
  t.InputToken,
  t.FnToken,
  t.OutputToken,
  t.LetToken,
  t.VarToken,
  t.ForToken,
  t.ReturnToken,
]);

/** Those of them that stand only outside of blocks. */
export const ITEM_WORDS: ReadonlySet<TokenType> = new Set([
  t.SchemeToken,
  t.ParamToken,
  t.ConstToken,
  t.InputToken,
  t.FnToken,
  t.OutputToken,
]);

/** What the brackets of a file are like; the parser relies on it for recovery. */
export interface Brackets {
  /** So deep that a recursive parser must not be tried. */
  readonly tooDeep: boolean;
  /** Offsets of the `{` that nothing closes. */
  readonly unclosedBlocks: ReadonlySet<number>;
}

/** Finds unbalanced brackets and excessive nesting before any recursion starts. */
export function checkBrackets(
  text: string,
  tokens: readonly IToken[],
  problems: Problems,
): Brackets {
  const count = (type: TokenType) => tokens.filter((token) => token.tokenType === type).length;
  const walk = new Walk(problems, count(t.LBraceToken) > count(t.RBraceToken));
  let previous: IToken | undefined;
  for (const token of tokens) {
    walk.meet(token, previous, text);
    if (walk.cost > MAX_NESTING) {
      problems.error(
        'nesting-too-deep',
        t.spanOf(token),
        'nested too deeply',
        'name parts of it with `let`',
      );
      return { tooDeep: true, unclosedBlocks: walk.unclosedBlocks };
    }
    previous = token;
  }
  walk.end();
  return { tooDeep: false, unclosedBlocks: walk.unclosedBlocks };
}

interface Open {
  readonly token: IToken;
  /** What the chain had cost that the bracket stands in. */
  readonly chain: number;
  /** What it costs to be in the bracket, chain included. */
  readonly cost: number;
}

const isBlock = ({ token }: Open): boolean => token.tokenType === t.LBraceToken;

/** Pairs brackets; where they do not pair up, finds the one to blame. */
class Walk {
  readonly unclosedBlocks = new Set<number>();
  readonly #open: Open[] = [];
  readonly #problems: Problems;
  readonly #lacksBraces: boolean;
  /** What the open brackets cost. */
  #outer = 0;
  /** Trees deepen, too, along `- - -x`, `x^y^z` and `x[0].T[1]`, until an operator or a separator. */
  #chain = 0;

  constructor(problems: Problems, lacksBraces: boolean) {
    this.#problems = problems;
    this.#lacksBraces = lacksBraces;
  }

  /** What the nesting at the last token costs. */
  get cost(): number {
    return this.#outer + this.#chain;
  }

  meet(token: IToken, previous: IToken | undefined, text: string): void {
    const type = token.tokenType;
    if (CLOSER_OF.has(type)) this.#enter(token);
    else if (CLOSERS.has(type)) this.#close(token);
    else if (type === t.CaretToken || type === t.TransposeToken) this.#chain += CHAIN_COST;
    else if (type === t.MinusToken) {
      const subtracts = previous !== undefined && OPERAND_ENDS.has(previous.tokenType);
      this.#chain = subtracts ? 0 : this.#chain + CHAIN_COST;
    } else if (type !== t.IdentToken && type !== t.NumberToken) {
      if (type === t.SemicolonToken || STATEMENT_WORDS.has(type)) this.#startStatement(token, text);
      this.#chain = 0;
    }
  }

  end(): void {
    this.#abandon(() => true);
  }

  #startStatement(token: IToken, text: string): void {
    this.#abandon((open) => !isBlock(open));
    // Where a `}` is missing, an item in the first column tells that the block was to end before it.
    const isHome = ITEM_WORDS.has(token.tokenType) && isFirstInLine(token, text);
    if (this.#lacksBraces && isHome) this.#abandon(() => true);
  }

  #enter(token: IToken): void {
    const cost = token.tokenType === t.LBraceToken ? BLOCK_COST : BRACKET_COST;
    this.#open.push({ token, chain: this.#chain, cost: this.#chain + cost });
    this.#outer += this.#chain + cost;
    this.#chain = 0;
  }

  #leave(): void {
    const { chain, cost } = defined(this.#open.pop());
    this.#outer -= cost;
    this.#chain = chain + CHAIN_COST;
  }

  #close(closer: IToken): void {
    const pairs = ({ token }: Open) => CLOSER_OF.get(token.tokenType) === closer.tokenType;
    const isBarrier = (open: Open) => isBlock(open) && closer.tokenType !== t.RBraceToken;
    const opener = this.#open.findLast((open) => pairs(open) || isBarrier(open));
    if (opener && pairs(opener)) {
      this.#abandon((open) => open !== opener);
      this.#leave();
      return;
    }
    this.#problems.error(
      'unmatched-bracket',
      t.spanOf(closer),
      `nothing opens this \`${closer.image}\``,
      'remove it, or add the bracket it closes',
    );
  }

  /** Gives up the innermost brackets as long as they answer to `which`. */
  #abandon(which: (open: Open) => boolean): void {
    for (let open = this.#open.at(-1); open && which(open); open = this.#open.at(-1)) {
      this.#leave();
      const { token } = open;
      if (isBlock(open)) this.unclosedBlocks.add(token.startOffset);
      this.#problems.error(
        'unclosed-bracket',
        t.spanOf(token),
        `this \`${token.image}\` is never closed`,
        `add the missing ${CLOSER_OF.get(token.tokenType)?.LABEL}`,
      );
    }
  }
}

function isFirstInLine(token: IToken, text: string): boolean {
  return token.startOffset === 0 || text[token.startOffset - 1] === '\n';
}
