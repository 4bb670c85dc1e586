import {
  EOF,
  type IRecognitionException,
  type IToken,
  type MismatchedTokenException,
  type TokenType,
} from 'chevrotain';
import { SELECTION_HELP } from './advice.ts';
import { ITEM_WORDS, STATEMENT_WORDS } from './brackets.ts';
import { didYouMean, type ErrorDiagnostic } from './diagnostic.ts';
import * as t from './tokens.ts';

/** An error that has not been reported yet. */
export type Explanation = Pick<ErrorDiagnostic, 'code' | 'span' | 'message' | 'help'>;

/** What other languages write for `else if`. */
export const ELSE_IF_WORDS: ReadonlySet<string> = new Set(['elif', 'elseif', 'elsif']);

const KEYWORD_SET: ReadonlySet<string> = new Set(t.keywords);
const STATEMENT_KEYWORDS = Array.from(
  [...STATEMENT_WORDS, t.IncludeToken, t.IfToken, t.ElseToken],
  (type) => String(type.PATTERN),
);
const LOGIC_WORDS: readonly TokenType[] = [t.AndToken, t.OrToken, t.NotToken];
/** Words that an author probably means as a name where they stand instead of an expression. */
const NAME_LIKE: readonly TokenType[] = [
  ...LOGIC_WORDS,
  t.IncludeToken,
  t.InToken,
  t.CipherToken,
  t.PlainToken,
];
/** Rules in which a `=` was probably meant to compare. */
const COMPARING_RULES: readonly string[] = ['if', 'primary', 'postfix', 'assign'];
const VALUE_HELP = 'a range follows the value of `let`, `var` or an assignment, before the `;`';
const PARTS_HELP = 'to name the parts of a value, write `let [a, b] = …;`';
const EQUALITY_HELP = 'to compare, write `==`';
const STRING_HELP = 'a string is a path, in `include "file.circ";` or `load("w.npy")`';

/** What follows a name at the start of a statement if the name was meant as a keyword. */
const KEYWORD_FOLLOWERS: readonly TokenType[] = [t.IdentToken, t.StringToken];

/** Advice on what to write, by the rule that failed and what it expected. */
const HELP_BY_FAILURE: Readonly<Record<string, string>> = {
  'include/string': 'write `include "file.circ";`',
  'scheme/name': 'write `scheme ckks;`, `scheme bfv(t = 65537);` or `scheme bgv(t = 65537);`',
  'scheme/number': 'an option is a number, as in `bfv(t = 65537)`',
  'param/`=`': 'a param has a default, as in `param k = 6;`',
  'const/`=`': 'write `const c = …;`',
  'inputItem/`:`': 'write `input x: cipher;` or `input v: plain[8];`',
  'inputItem/`cipher` or `plain`': 'say whether it is encrypted: `input x: cipher;`',
  'range/`[`': 'a range has brackets: `within [-1, 1]`',
  'range/`,`': 'a range has two ends: `within [-1, 1]`',
  'inputItem/`;`': 'an input is written as in `input x: cipher[2, 3] within [-1, 1];`',
  'fn/`(`': 'write `fn f(x) = …;`',
  'fn/`)`': 'parameters are names: `fn f(x, y) = …;`',
  'fn/name': 'parameters are names: `fn f(x, y) = …;`',
  'fn/`=` or `{`': 'write `fn f(x) = …;` or `fn f(x) { … return …; }`',
  'for/name': 'write `for t in 0..n { … }`, without brackets',
  'for/`in`': 'write `for t in 0..n { … }`',
  'for/`..`': 'a range has two ends: `for t in 0..n { … }`',
  'for/`{`': 'the body of a loop is in `{ … }`',
  'if/`{`': 'the body of an `if` or `else` is in `{ … }`',
  'let/`=`': 'write `let x = …;`: the value decides the type',
  'let/`]`': 'the parts are names: `let [a, b] = …;`',
  'var/`=`': 'write `var x = …;`: a variable starts with a value',
  'postfix/`]`': 'an index is written as in `x[i]`, `x[i, j]`, `x[a..b]` or `x[a..b..2]`',
  'assign/`]`': 'an index is written as in `x[i]`, `x[i, j]`, `x[a..b]` or `x[a..b..2]`',
  'output/`;`': 'write each output as `output y;` or `output y = …;`',
};

/**
 * Turns an exception of the parser into an error message with advice. `first` starts the statement,
 * and `chained` is the second operator of a chain of comparisons.
 */
export function explainFailure(
  failure: IRecognitionException,
  first: IToken,
  chained: IToken | undefined,
  text: string,
): Explanation {
  const expected = failure.message || 'an expression';
  const rule = ruleOf(failure.context.ruleStack);
  const { token } = failure;
  // Both kinds of exception that a rule throws have this field, but only one of the types does.
  const previous = (failure as MismatchedTokenException).previousToken;
  const help = specialHelp(token, rule, expected) ?? HELP_BY_FAILURE[`${rule}/${expected}`];
  if (token === chained) return chainedComparison(token);
  if (token.tokenType === EOF) return atEnd(expected, previous, help);
  if (expected === 'an expression' || expected === 'an index') {
    return missingExpression(token, previous, expected);
  }
  if (expected === 'name') return missingName(token, help);
  if (rule === 'assign' && expected === '`=`') return strayStatement(first, token, previous);
  if (rule === 'include' && startsAssignment(token)) return reservedWord(first);
  if (rule === 'fn' && expected === '`)`' && isKeyword(token)) return reservedWord(token);
  if (previous.tokenType === t.LParenToken && NAME_LIKE.includes(token.tokenType)) {
    return reservedWord(token);
  }
  if (rule === 'fn' && (expected === '`return`' || expected === '`}`')) {
    return misshapenFunction(token, expected);
  }
  if (expected === '`;`') return missingEnd(token, previous, text, help);
  return unexpected(token, expected, help);
}

/** Returns the rule that failed; for a block, the rule of its statement. */
function ruleOf(ruleStack: readonly string[]): string {
  const rule = ruleStack.at(-1) ?? '';
  return rule === 'block' ? (ruleStack.at(-2) ?? '') : rule;
}

/** Returns advice that depends on what was found more than on what was expected. */
function specialHelp(token: IToken, rule: string, expected: string): string | undefined {
  const type = token.tokenType;
  if (type === t.EqualsToken && COMPARING_RULES.includes(rule)) return EQUALITY_HELP;
  if (type === t.EqualToken && expected === '`=`') return 'to give a name its value, write `=`';
  if (type === t.WithinToken) return VALUE_HELP;
  if (rule === 'let' && type === t.CommaToken && expected === '`=`') return PARTS_HELP;
  if (rule === 'let' && type === t.LParenToken && expected === 'name') return PARTS_HELP;
  if (rule === 'var' && type === t.LSquareToken) return PARTS_HELP;
  if (rule === 'if' && token.image === 'then') return 'write `if c { … }`, without `then`';
  return undefined;
}

function chainedComparison(token: IToken): Explanation {
  return {
    code: 'chained-comparison',
    span: t.spanOf(token),
    message: 'comparisons do not chain',
    help: 'write `a < b and b < c`',
  };
}

/** Returns the error for a token that cannot start a statement. `next` follows it. */
export function explainStray(token: IToken, next: IToken, inBlock: boolean): Explanation {
  const span = t.spanOf(token);
  if (token.tokenType === t.SemicolonToken) {
    return { code: 'empty-statement', span, message: 'nothing before this `;`', help: 'remove it' };
  }
  if (token.tokenType === t.ReturnToken) {
    return {
      code: 'misplaced-return',
      span,
      message: inBlock ? '`return` inside a block' : '`return` outside of a function',
      help: inBlock
        ? 'assign to a `var`, and return it at the end of the function'
        : 'name a result with `output`',
    };
  }
  if (isKeyword(token) && startsAssignment(next)) return reservedWord(token);
  if (inBlock && ITEM_WORDS.has(token.tokenType)) {
    const message = `\`${token.image}\` inside a block`;
    return { code: 'misplaced-item', span, message, help: 'move it out of the block' };
  }
  if (token.tokenType === t.ElseToken) {
    const message = '`else` without an `if` before it';
    const help = 'write it after the block of an `if`: `if c { … } else { … }`';
    return { code: 'expected-statement', span, message, help };
  }
  if (token.tokenType === t.StringToken) return strayString(token);
  return {
    code: 'expected-statement',
    span,
    message: `expected a statement, found ${found(token)}`,
    help:
      token.tokenType === t.LSquareToken
        ? PARTS_HELP
        : 'a statement starts with a word such as `let`, `input` or `output`, or with `name =`',
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
  const repeats = LOGIC_WORDS.includes(previous.tokenType);
  if (NAME_LIKE.includes(token.tokenType) && !repeats) {
    const isNot = token.tokenType === t.NotToken;
    return reservedWord(token, isNot ? '; as an operator, write it in brackets: `(not …)`' : '');
  }
  const isIfVariable = previous.tokenType === t.IfToken && startsAssignment(token);
  if (previous.tokenType === t.NotToken || isIfVariable) return reservedWord(previous);
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
  if (token.tokenType === t.IfToken) return `\`if\` is a statement: ${SELECTION_HELP}`;
  if (isKeyword(token) && !LOGIC_WORDS.includes(token.tokenType)) {
    return `\`${token.image}\` is a keyword: choose another name`;
  }
  if (t.COMPARISON_TYPES.includes(previous.tokenType) && /^[=>]$/.test(token.image)) {
    return 'comparisons are `==`, `!=`, `<`, `<=`, `>` and `>=`';
  }
  if (previous.tokenType === t.IfToken) return 'write a condition: `if c { … }`';
  if (token.tokenType === t.LBraceToken) return 'a vector is written `[…]`, a subexpression `(…)`';
  if (token.tokenType === t.RSquareToken && previous.tokenType === t.LSquareToken) {
    return 'brackets contain at least one expression; a scalar has no brackets: `input x: cipher;`';
  }
  return undefined;
}

function missingName(token: IToken, help?: string): Explanation {
  if (isKeyword(token) || token.tokenType === t.ForeignWordToken) return reservedWord(token);
  if (token.tokenType === t.StringToken) return strayString(token);
  return unexpected(token, 'a name', help);
}

function reservedWord(token: IToken, more = ''): Explanation {
  return {
    code: 'reserved-word',
    span: t.spanOf(token),
    message: `\`${token.image}\` is a keyword`,
    help: `choose another name, such as \`${token.image}_\`${more}`,
  };
}

function isKeyword(token: IToken): boolean {
  return KEYWORD_SET.has(token.image);
}

/** Whether a token after the first of a statement shows that the first was meant as a variable. */
function startsAssignment({ tokenType }: IToken): boolean {
  return t.ASSIGNMENT_TYPES.includes(tokenType) || tokenType === t.LSquareToken;
}

function strayString(token: IToken): Explanation {
  const message = 'no string can stand here';
  return { code: 'string-literal', span: t.spanOf(token), message, help: STRING_HELP };
}

/** Returns the error for a statement that starts with a name and assigns nothing to it. */
function strayStatement(first: IToken, token: IToken, previous: IToken): Explanation {
  const meant = foreignKeywordHelp(first);
  if (meant !== undefined || KEYWORD_FOLLOWERS.includes(token.tokenType)) {
    return {
      code: 'unknown-keyword',
      span: t.spanOf(first),
      message: `\`${first.image}\` is not a keyword`,
      help: meant ?? keywordHelp(first),
    };
  }
  const isIndexed = previous.tokenType === t.RSquareToken;
  if (isIndexed && (token.tokenType === t.LSquareToken || token.tokenType === t.TransposeToken)) {
    return {
      code: 'indexed-assignment',
      span: t.spanOf(token),
      message: 'an assignment has one pair of brackets',
      help: 'write all indices in it: `M[i, j] = …;`',
    };
  }
  return {
    code: 'expression-statement',
    span: t.spanOf(first),
    message: 'an expression alone does nothing',
    help:
      token.tokenType === t.EqualToken
        ? 'to assign, write `=`'
        : 'name its value with `let x = …;` or `output y = …;`',
  };
}

/** Returns advice for a word that other languages have, if it is one. */
function foreignKeywordHelp({ image }: IToken): string | undefined {
  if (ELSE_IF_WORDS.has(image)) return 'write `else if c { … }`';
  if (image === 'import') return 'write `include "file.circ";`, or `const W = load("w.npy");`';
  return undefined;
}

function keywordHelp({ image }: IToken): string {
  const meant = didYouMean(image, STATEMENT_KEYWORDS);
  return meant ? `did you mean \`${meant}\`?` : 'write `let`, `var`, `input` or another keyword';
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
  if (token.tokenType === t.StringToken) {
    return previous.image === 'load'
      ? unexpected(token, '`(`', 'write `load("w.npy")`')
      : strayString(token);
  }
  if (token.tokenType === t.IfToken) return unexpected(token, '`;`', SELECTION_HELP);
  if (token.tokenType === t.EqualsToken) return unexpected(token, '`;`', help ?? EQUALITY_HELP);
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
  return /^\w+$/.test(expected) ? `a ${expected}` : expected;
}

function found(token: IToken): string {
  if (token.tokenType === EOF) return 'the end of the file';
  const { image } = token;
  return `\`${image.length <= 30 ? image : `${image.slice(0, 29)}…`}\``;
}
