import {
  EOF,
  type IRecognitionException,
  type IToken,
  type MismatchedTokenException,
} from 'chevrotain';
import { ITEM_WORDS, STATEMENT_WORDS } from './brackets.ts';
import { didYouMean, type ErrorDiagnostic } from './diagnostic.ts';
import * as t from './tokens.ts';

/** An error that has not been reported yet. */
export type Explanation = Pick<ErrorDiagnostic, 'code' | 'span' | 'message' | 'help'>;

const KEYWORD_SET: ReadonlySet<string> = new Set(t.keywords);
const STATEMENT_KEYWORDS = Array.from(STATEMENT_WORDS, (type) => String(type.PATTERN));

/** Advice on what to write, by the rule that failed and what it expected. */
const HELP_BY_FAILURE: Readonly<Record<string, string>> = {
  'scheme/name': 'write `scheme ckks;`, `scheme bfv(t = 65537);` or `scheme bgv(t = 65537);`',
  'scheme/number': 'an option is a number, as in `bfv(t = 65537)`',
  'param/`=`': 'a param has a default, as in `param k = 6;`',
  'const/`=`': 'write `const c = …;`',
  'inputItem/`:`': 'write `input x: cipher;` or `input v: plain[8];`',
  'inputItem/`cipher` or `plain`': 'say whether it is encrypted: `input x: cipher;`',
  'inputItem/`[`': 'a range has brackets: `within [-1, 1]`',
  'inputItem/`,`': 'a range has two ends: `within [-1, 1]`',
  'inputItem/`;`': 'an input is written as in `input x: cipher[2, 3] within [-1, 1];`',
  'fn/`(`': 'write `fn f(x) = …;`',
  'fn/`)`': 'parameters are names: `fn f(x, y) = …;`',
  'fn/name': 'parameters are names: `fn f(x, y) = …;`',
  'fn/`=` or `{`': 'write `fn f(x) = …;` or `fn f(x) { … return …; }`',
  'for/name': 'write `for t in 0..n { … }`, without brackets',
  'for/`in`': 'write `for t in 0..n { … }`',
  'for/`..`': 'a range has two ends: `for t in 0..n { … }`',
  'block/`{`': 'the body of a loop is in `{ … }`',
  'let/`=`': 'write `let x = …;`: the value decides the type',
  'var/`=`': 'write `var x = …;`: a variable starts with a value',
  'postfix/`]`': 'an index is written as in `x[i]`, `x[i, j]` or `x[a..b]`',
  'output/`;`': 'write each output as `output y;` or `output y = …;`',
};

/** Turns an exception of the parser into an error message with advice. */
export function explainFailure(
  failure: IRecognitionException,
  first: IToken,
  text: string,
): Explanation {
  const expected = failure.message || 'an expression';
  const rule = failure.context.ruleStack.at(-1) ?? '';
  const { token } = failure;
  // Both kinds of exception that a rule throws have this field, but only one of the types does.
  const previous = (failure as MismatchedTokenException).previousToken;
  const help = HELP_BY_FAILURE[`${rule}/${expected}`];
  if (token.tokenType === EOF) return atEnd(expected, previous, help);
  if (expected === 'an expression' || expected === 'an index') {
    return missingExpression(token, previous, expected);
  }
  if (expected === 'name') return missingName(token, help);
  if (rule === 'assign' && expected === '`=`') return strayStatement(first, token);
  if (rule === 'fn' && (expected === '`return`' || expected === '`}`')) {
    return misshapenFunction(token, expected);
  }
  if (expected === '`;`') return missingEnd(token, previous, text, help);
  return unexpected(token, expected, help);
}

/** Returns the error for a token that cannot start a statement. */
export function explainStray(token: IToken, inBlock: boolean): Explanation {
  const span = t.spanOf(token);
  if (token.tokenType === t.SemicolonToken) {
    return { code: 'empty-statement', span, message: 'nothing before this `;`', help: 'remove it' };
  }
  if (token.tokenType === t.ReturnToken) {
    return {
      code: 'misplaced-return',
      span,
      message: inBlock ? '`return` inside a loop' : '`return` outside of a function',
      help: inBlock
        ? 'assign to a `var`, and return it at the end of the function'
        : 'name a result with `output`',
    };
  }
  if (inBlock && ITEM_WORDS.has(token.tokenType)) {
    const message = `\`${token.image}\` inside a block`;
    return { code: 'misplaced-item', span, message, help: 'move it out of the block' };
  }
  return {
    code: 'expected-statement',
    span,
    message: `expected a statement, found ${found(token)}`,
    help: 'a statement starts with a word such as `let`, `input` or `output`, or with `name =`',
  };
}

/** Returns the error for a missing `;`, the only error that the parser repairs. */
export function missingSemicolon(end: number): Explanation {
  return {
    code: 'missing-semicolon',
    span: { start: end, end },
    message: 'missing `;` at the end of the statement',
    help: 'write `;` here',
  };
}

function atEnd(expected: string, previous: IToken, help?: string): Explanation {
  const end = t.endOf(previous);
  return withHelp(
    {
      code: 'unexpected-end',
      span: { start: end, end },
      message: `the file ends where ${phrase(expected)} is expected`,
    },
    help,
  );
}

function missingExpression(token: IToken, previous: IToken, expected: string): Explanation {
  const span = t.spanOf(token);
  if (token.tokenType === t.PlusToken) {
    return { code: 'unary-plus', span, message: 'there is no unary `+`', help: 'remove it' };
  }
  const closes = token.tokenType === t.RParenToken || token.tokenType === t.RSquareToken;
  if (closes && previous.tokenType === t.CommaToken) {
    const message = `a comma before ${found(token)}`;
    return { code: 'trailing-comma', span: t.spanOf(previous), message, help: 'remove it' };
  }
  return withHelp(
    {
      code: 'expected-expression',
      span,
      message: `expected ${expected}, found ${found(token)}`,
    },
    expressionHelp(token, previous),
  );
}

function expressionHelp(token: IToken, previous: IToken): string | undefined {
  if (KEYWORD_SET.has(token.image)) return `\`${token.image}\` is a keyword: choose another name`;
  if (token.tokenType === t.LBraceToken) return 'a vector is written `[…]`, a subexpression `(…)`';
  if (token.tokenType === t.RSquareToken && previous.tokenType === t.LSquareToken) {
    return 'brackets contain at least one expression; a scalar has no brackets: `input x: cipher;`';
  }
  return undefined;
}

function missingName(token: IToken, help?: string): Explanation {
  if (KEYWORD_SET.has(token.image) || token.tokenType === t.ForeignWordToken) {
    return {
      code: 'reserved-word',
      span: t.spanOf(token),
      message: `\`${token.image}\` is a keyword`,
      help: `choose another name, such as \`${token.image}_\``,
    };
  }
  return unexpected(token, 'a name', help);
}

/** Returns the error for a statement that starts with a name and assigns nothing to it. */
function strayStatement(first: IToken, token: IToken): Explanation {
  if (token.tokenType === t.IdentToken) {
    const meant = didYouMean(first.image, STATEMENT_KEYWORDS);
    return {
      code: 'unknown-keyword',
      span: t.spanOf(first),
      message: `\`${first.image}\` is not a keyword`,
      help: meant ? `did you mean \`${meant}\`?` : 'write `let`, `var`, `input` or another keyword',
    };
  }
  if (token.tokenType === t.LSquareToken) {
    return {
      code: 'indexed-assignment',
      span: t.spanOf(first),
      message: 'only a whole variable can be assigned',
      help: 'build the new value with `concat` or `[…]`, and assign it',
    };
  }
  return {
    code: 'expression-statement',
    span: t.spanOf(first),
    message: 'an expression alone does nothing',
    help: 'name its value with `let x = …;` or `output y = …;`',
  };
}

function misshapenFunction(token: IToken, expected: string): Explanation {
  if (expected === '`return`') {
    return {
      code: 'missing-return',
      span: t.spanOf(token),
      message: 'the function returns nothing',
      help: 'end it with `return …;`',
    };
  }
  return {
    code: 'after-return',
    span: t.spanOf(token),
    message: 'nothing can follow `return …;` in a function',
    help: 'end the function with `}` here',
  };
}

function missingEnd(token: IToken, previous: IToken, text: string, help?: string): Explanation {
  const end = t.endOf(previous);
  if (text.slice(end, token.startOffset).includes('\n')) return missingSemicolon(end);
  const operand = token.tokenType === t.IdentToken || token.tokenType === t.NumberToken;
  if (operand || token.tokenType === t.LParenToken) {
    return unexpected(token, 'an operator or `;`', 'to multiply, write `*`');
  }
  if (token.tokenType === t.RangeToken) {
    return unexpected(token, '`;`', 'ranges are for `for` loops and slices');
  }
  return unexpected(token, '`;`', help);
}

function unexpected(token: IToken, expected: string, help?: string): Explanation {
  const span = t.spanOf(token);
  const message = `expected ${phrase(expected)}, found ${found(token)}`;
  return withHelp({ code: 'unexpected-token', span, message }, help);
}

function withHelp(explanation: Explanation, help?: string): Explanation {
  return help === undefined ? explanation : { ...explanation, help };
}

function phrase(expected: string): string {
  return expected === 'name' || expected === 'number' ? `a ${expected}` : expected;
}

function found(token: IToken): string {
  if (token.tokenType === EOF) return 'the end of the file';
  const { image } = token;
  return `\`${image.length <= 30 ? image : `${image.slice(0, 29)}…`}\``;
}
