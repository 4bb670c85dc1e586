import type { IToken, TokenType } from 'chevrotain';
import { defined } from '../lookup.ts';
import type { Problems } from './problem-list.ts';
import * as t from './tokens.ts';

/**
 * Limit on the nesting of a text, in units of the stack space that parsing needs: 102 brackets, 85
 * brackets in operands of `and` and `or`, 170 blocks, or 256 signs, powers and indices in a chain.
 * Parsing at the limit takes up to three quarters of Node's default stack. Each open bracket makes
 * a tree at most six nodes deeper.
 */
export const MAX_NESTING = 512;
const BRACKET_COST = 5;
const BLOCK_COST = 3;
const CHAIN_COST = 2;
const JOIN_COST = 1;

const CLOSER_OF = new Map<TokenType, TokenType>([
  [t.LParenToken, t.RParenToken],
  [t.LSquareToken, t.RSquareToken],
  [t.LBraceToken, t.RBraceToken],
]);
const CLOSERS = new Set(CLOSER_OF.values());

/** Token types of whole operands. */
const OPERANDS = new Set<TokenType>([t.IdentToken, t.NumberToken, t.StringToken]);

/** Token types after which a `-` subtracts. After all others it negates. */
const OPERAND_ENDS = new Set<TokenType>([
  ...OPERANDS,
  t.TransposeToken,
  t.RParenToken,
  t.RSquareToken,
]);

/** The operators, besides `-`, that bind more strongly than `not`. */
const WITHIN_NOT = new Set<TokenType>([
  ...t.COMPARISON_TYPES,
  t.PlusToken,
  t.StarToken,
  t.SlashToken,
  t.PercentToken,
  t.AtToken,
]);

/** The operators that bind more weakly than `not`. */
const JOINS = new Set<TokenType>([t.AndToken, t.OrToken]);

/** Words that occur only at the start of a statement. */
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

/** Words that start statements, or parts of them, but not wherever they stand. */
export const LINE_WORDS: ReadonlySet<TokenType> = new Set([
  t.IncludeToken,
  t.IfToken,
  t.ElseToken,
  t.ForeignWordToken,
]);

/** Words that start a statement only outside of blocks. */
export const ITEM_WORDS: ReadonlySet<TokenType> = new Set([
  t.IncludeToken,
  t.SchemeToken,
  t.ParamToken,
  t.ConstToken,
  t.InputToken,
  t.FnToken,
  t.OutputToken,
]);

/** The result of checking a file's brackets. The parser needs it to recover from errors. */
export interface Brackets {
  /** Whether the nesting is too deep for the recursive parser. */
  readonly tooDeep: boolean;
  /** Offsets of the `{` without a `}`. */
  readonly unclosedBlocks: ReadonlySet<number>;
}

/** Reports unbalanced brackets and excessive nesting, without recursion. */
export function checkBrackets(
  text: string,
  tokens: readonly IToken[],
  problems: Problems,
): Brackets {
  const count = (type: TokenType) => tokens.filter((token) => token.tokenType === type).length;
  const walk = new Walk(problems, count(t.LBraceToken) > count(t.RBraceToken));
  let previous: IToken | undefined;
  for (const token of tokens) {
    walk.visit(token, previous, text);
    if (walk.cost > MAX_NESTING) {
      problems.error(
        'nesting-too-deep',
        t.spanOf(token),
        'nested too deeply',
        'name subexpressions with `let`',
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
  /** The cost of the chain before the bracket. */
  readonly chain: number;
  /** The cost of the logical operators before the bracket. */
  readonly logic: number;
  /** The cost of the bracket, and of the chain and the logical operators before it. */
  readonly cost: number;
}

const isBlock = ({ token }: Open): boolean => token.tokenType === t.LBraceToken;

/** Pairs brackets, and reports the one that is wrong where they do not pair up. */
class Walk {
  readonly unclosedBlocks = new Set<number>();
  readonly #open: Open[] = [];
  readonly #problems: Problems;
  readonly #lacksBraces: boolean;
  /** The cost of the open brackets. */
  #outer = 0;
  /** The cost of a chain such as `- - -x`, `x^y^z` or `x[0].T[1]`, which also makes a tree deep. */
  #chain = 0;
  /** The cost of the logical operators before a comparison, whose operands have their own chains. */
  #logic = 0;

  constructor(problems: Problems, lacksBraces: boolean) {
    this.#problems = problems;
    this.#lacksBraces = lacksBraces;
  }

  /** The cost of the nesting at the last token visited. */
  get cost(): number {
    return this.#outer + this.#logic + this.#chain;
  }

  visit(token: IToken, previous: IToken | undefined, text: string): void {
    const type = token.tokenType;
    if (CLOSER_OF.has(type)) this.#enter(token);
    else if (CLOSERS.has(type)) this.#close(token);
    else if (type === t.CaretToken || type === t.TransposeToken) this.#chain += CHAIN_COST;
    else if (type === t.NotToken) this.#logic += CHAIN_COST;
    else if (type === t.MinusToken) {
      const subtracts = previous !== undefined && OPERAND_ENDS.has(previous.tokenType);
      this.#chain = subtracts ? 0 : this.#chain + CHAIN_COST;
    } else if (!OPERANDS.has(type)) {
      if (type === t.SemicolonToken || STATEMENT_WORDS.has(type)) this.#startStatement(token, text);
      this.#chain = 0;
      if (!WITHIN_NOT.has(type)) this.#logic = JOINS.has(type) ? JOIN_COST : 0;
    }
  }

  end(): void {
    this.#abandon(() => true);
  }

  #startStatement(token: IToken, text: string): void {
    this.#abandon((open) => !isBlock(open));
    // Where a `}` is missing, an item in the first column shows that its block should have ended.
    const isAtMargin = ITEM_WORDS.has(token.tokenType) && isFirstInLine(token, text);
    if (this.#lacksBraces && isAtMargin) this.#abandon(() => true);
  }

  #enter(token: IToken): void {
    const cost = token.tokenType === t.LBraceToken ? BLOCK_COST : BRACKET_COST;
    const [chain, logic] = [this.#chain, this.#logic];
    this.#open.push({ token, chain, logic, cost: chain + logic + cost });
    this.#outer += chain + logic + cost;
    this.#chain = 0;
    this.#logic = 0;
  }

  #leave(): void {
    const { chain, logic, cost } = defined(this.#open.pop());
    this.#outer -= cost;
    this.#chain = chain + CHAIN_COST;
    this.#logic = logic;
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
      'remove it, or add the bracket that it closes',
    );
  }

  /** Reports the innermost open brackets as never closed, as long as `isUnclosed` holds. */
  #abandon(isUnclosed: (open: Open) => boolean): void {
    for (let open = this.#open.at(-1); open && isUnclosed(open); open = this.#open.at(-1)) {
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
