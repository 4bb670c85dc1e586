import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { defined } from '../tensor/lookup.ts';
import type { Span } from './diagnostic.ts';

/*
 * The vocabulary of `.circ`. It is larger than the language: every character sequence becomes some token,
 * so that what the language lacks (`**`, `<`, `if`, a curly quote) is answered with advice instead of
 * "unexpected character". `foreign-syntax.ts` gives that advice; the parser never sees those tokens as grammar.
 */

export const LineComment = createToken({
  name: 'LineComment',
  pattern: /\/\/[^\n]*/,
  group: 'comments',
});
export const BlockComment = createToken({
  name: 'BlockComment',
  pattern: /\/\*[\s\S]*?\*\//,
  group: 'comments',
  line_breaks: true,
});
const Blank = createToken({
  name: 'Blank',
  pattern: /[ \t\r\n]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});

export const Ident = createToken({
  name: 'Ident',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  label: 'name',
});

const keyword = (name: string, pattern: string): TokenType =>
  createToken({ name, pattern, longer_alt: Ident, label: `\`${pattern}\`` });

export const Scheme = keyword('Scheme', 'scheme');
export const Param = keyword('Param', 'param');
export const Const = keyword('Const', 'const');
export const Input = keyword('Input', 'input');
export const Output = keyword('Output', 'output');
export const Fn = keyword('Fn', 'fn');
export const Return = keyword('Return', 'return');
export const Let = keyword('Let', 'let');
export const Var = keyword('Var', 'var');
export const For = keyword('For', 'for');
export const In = keyword('In', 'in');
export const Cipher = keyword('Cipher', 'cipher');
export const Plain = keyword('Plain', 'plain');
export const Within = keyword('Within', 'within');

/** The token types of the reserved words. */
export const KEYWORD_TYPES: readonly TokenType[] = [
  Scheme,
  Param,
  Const,
  Input,
  Output,
  Fn,
  Return,
  Let,
  Var,
  For,
  In,
  Cipher,
  Plain,
  Within,
];

/** The reserved words, as written. */
export const keywords: readonly string[] = KEYWORD_TYPES.map((type) => String(type.PATTERN));

/** A number with letters, a dot or a second dot stuck to it: `1.`, `2x`, `1e`, `1.2.3`. */
export const BadNumber = createToken({
  name: 'BadNumber',
  pattern: /[0-9]+(?:\.[0-9]+){0,2}(?:\.(?=[eE][+-]?[0-9])|\.(?![.\w]))?(?:[eE][+-][0-9]+)?\w*/,
});
export const NumberToken = createToken({
  name: 'Number',
  pattern: /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/,
  longer_alt: BadNumber,
  label: 'number',
});
/** `.5` */
export const BareFraction = createToken({
  name: 'BareFraction',
  pattern: /\.[0-9]+(?:[eE][+-]?[0-9]+)?/,
});

/** `.name`, of which the language has only `.T`. */
export const Property = createToken({ name: 'Property', pattern: /\.[A-Za-z_]\w*/ });
export const Transpose = createToken({
  name: 'Transpose',
  pattern: '.T',
  longer_alt: Property,
  label: '`.T`',
});

const sign = (name: string, pattern: string): TokenType =>
  createToken({ name, pattern, label: `\`${pattern}\`` });

export const Semicolon = sign('Semicolon', ';');
export const Comma = sign('Comma', ',');
export const Colon = sign('Colon', ':');
export const Equals = sign('Equals', '=');
export const Plus = sign('Plus', '+');
export const Minus = sign('Minus', '-');
export const Star = sign('Star', '*');
export const Slash = sign('Slash', '/');
export const At = sign('At', '@');
export const Caret = sign('Caret', '^');
export const LParen = sign('LParen', '(');
export const RParen = sign('RParen', ')');
export const LSquare = sign('LSquare', '[');
export const RSquare = sign('RSquare', ']');
export const LBrace = sign('LBrace', '{');
export const RBrace = sign('RBrace', '}');

/** Operators of other languages; longest first. */
export const ForeignSign = createToken({
  name: 'ForeignSign',
  pattern: /\.\.[.=<]|\*\*|[:+*/-]=|=>|->|[<>=!]=|&&|\|\||[<>!&|~%?.]/,
});
export const Range = createToken({
  name: 'Range',
  pattern: '..',
  longer_alt: ForeignSign,
  label: '`..`',
});

/** A comment that the end of the file ends. */
export const OpenComment = createToken({
  name: 'OpenComment',
  pattern: /\/\*[\s\S]*/,
  line_breaks: true,
});
/** `# …`: swallowed to the end of its line, because it was meant as a comment. */
export const HashComment = createToken({ name: 'HashComment', pattern: /#[^\n]*/ });
/** Control-flow words of other languages. */
export const ForeignWord = createToken({
  name: 'ForeignWord',
  pattern: /if|else|while/,
  longer_alt: Ident,
});
export const QuotedText = createToken({ name: 'QuotedText', pattern: /"[^"\n]*"?/ });
export const NonAscii = createToken({ name: 'NonAscii', pattern: /[\x80-\uffff]+/ });
/** All that is left: control characters and signs without a meaning here. */
export const Stray = createToken({
  name: 'Stray',
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is for
  pattern: /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+|['$\\`]/,
});

/** What the grammar is written in. */
export const GRAMMAR_TYPES: readonly TokenType[] = [
  ...KEYWORD_TYPES,
  Ident,
  NumberToken,
  Transpose,
  Range,
  Semicolon,
  Comma,
  Colon,
  Equals,
  Plus,
  Minus,
  Star,
  Slash,
  At,
  Caret,
  LParen,
  RParen,
  LSquare,
  RSquare,
  LBrace,
  RBrace,
];

/** What the lexer knows only to say what to write instead. */
export const FOREIGN_TYPES: readonly TokenType[] = [
  OpenComment,
  HashComment,
  ForeignWord,
  ForeignSign,
  BadNumber,
  BareFraction,
  Property,
  QuotedText,
  NonAscii,
  Stray,
];

// Order decides between tokens that match at the same place: comments before `/`, words before names.
const LEXER_TYPES: TokenType[] = [
  Blank,
  LineComment,
  BlockComment,
  OpenComment,
  HashComment,
  ForeignWord,
  Transpose,
  Range,
  BareFraction,
  Property,
  ForeignSign,
  ...GRAMMAR_TYPES.filter((type) => type !== Transpose && type !== Range),
  BadNumber,
  QuotedText,
  NonAscii,
  Stray,
];

let lexer: Lexer | undefined;

/** The tokens of a text, and its comments apart. Every character is in a token, a comment or a blank. */
export function tokenize(text: string): { tokens: IToken[]; comments: IToken[] } {
  lexer ??= new Lexer(LEXER_TYPES, {
    positionTracking: 'onlyOffset',
    ensureOptimizations: true,
    skipValidations: true,
  });
  const { tokens, groups } = lexer.tokenize(withoutMark(text));
  return { tokens, comments: groups.comments ?? [] };
}

/** Blanks out the byte order mark that some editors write, keeping all offsets. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
}

/**
 * Offset just after a token. Only tokens of {@link tokenAt} carry an `endOffset` (chevrotain's,
 * of the last character), as their image is not the source's.
 */
export function endOf(token: IToken): number {
  return token.endOffset === undefined
    ? token.startOffset + token.image.length
    : token.endOffset + 1;
}

/** Where a token is. */
export function spanOf(token: IToken): Span {
  return { start: token.startOffset, end: endOf(token) };
}

/** A token that is not in the text as such, but stands for the text from `start` to `end`. */
export function tokenAt(start: number, end: number, type: TokenType, image: string): IToken {
  return {
    image,
    startOffset: start,
    endOffset: end - 1,
    tokenType: type,
    tokenTypeIdx: defined(type.tokenTypeIdx),
  };
}
