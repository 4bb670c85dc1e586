import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { defined } from '../lookup.ts';
import type { Span } from './diagnostic.ts';

/*
 * The tokens of `.circ`. There are more of them than the language has: every character sequence
 * becomes a token. So foreign notation (`**`, `&&`, `while`, a curly quote) gets advice from
 * `foreign-syntax.ts` instead of "unexpected character". The grammar does not use those tokens.
 */

export const LineCommentToken = createToken({
  name: 'LineComment',
  pattern: /\/\/[^\n]*/,
  group: 'comments',
});
export const BlockCommentToken = createToken({
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

export const IdentToken = createToken({
  name: 'Ident',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  label: 'name',
});

const keyword = (name: string, pattern: string): TokenType =>
  createToken({ name, pattern, longer_alt: IdentToken, label: `\`${pattern}\`` });

export const IncludeToken = keyword('Include', 'include');
export const SchemeToken = keyword('Scheme', 'scheme');
export const ParamToken = keyword('Param', 'param');
export const ConstToken = keyword('Const', 'const');
export const InputToken = keyword('Input', 'input');
export const OutputToken = keyword('Output', 'output');
export const FnToken = keyword('Fn', 'fn');
export const ReturnToken = keyword('Return', 'return');
export const LetToken = keyword('Let', 'let');
export const VarToken = keyword('Var', 'var');
export const ForToken = keyword('For', 'for');
export const InToken = keyword('In', 'in');
export const IfToken = keyword('If', 'if');
export const ElseToken = keyword('Else', 'else');
export const CipherToken = keyword('Cipher', 'cipher');
export const PlainToken = keyword('Plain', 'plain');
export const WithinToken = keyword('Within', 'within');
export const AndToken = keyword('And', 'and');
export const OrToken = keyword('Or', 'or');
export const NotToken = keyword('Not', 'not');

/** The token types of the reserved words. */
export const KEYWORD_TYPES: readonly TokenType[] = [
  IncludeToken,
  SchemeToken,
  ParamToken,
  ConstToken,
  InputToken,
  OutputToken,
  FnToken,
  ReturnToken,
  LetToken,
  VarToken,
  ForToken,
  InToken,
  IfToken,
  ElseToken,
  CipherToken,
  PlainToken,
  WithinToken,
  AndToken,
  OrToken,
  NotToken,
];

/** The reserved words, as written. */
export const keywords: readonly string[] = KEYWORD_TYPES.map((type) => String(type.PATTERN));

/** The path of a file, in quotes. */
export const StringToken = createToken({
  name: 'String',
  pattern: /"[^"\r\n]*"/,
  label: 'string',
});

/** A number directly followed by letters, a dot or a second dot: `1.`, `2x`, `1e`, `1.2.3`. */
export const BadNumberToken = createToken({
  name: 'BadNumber',
  pattern: /[0-9]+(?:\.[0-9]+){0,2}(?:\.(?=[eE][+-]?[0-9])|\.(?![.\w]))?(?:[eE][+-][0-9]+)?\w*/,
});
export const NumberToken = createToken({
  name: 'Number',
  pattern: /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/,
  longer_alt: BadNumberToken,
  label: 'number',
});
/** `.5` */
export const BareFractionToken = createToken({
  name: 'BareFraction',
  pattern: /\.[0-9]+(?:[eE][+-]?[0-9]+)?/,
});

/** `.name`. The language has only `.T`. */
export const PropertyToken = createToken({ name: 'Property', pattern: /\.[A-Za-z_]\w*/ });
export const TransposeToken = createToken({
  name: 'Transpose',
  pattern: '.T',
  longer_alt: PropertyToken,
  label: '`.T`',
});

const sign = (name: string, pattern: string): TokenType =>
  createToken({ name, pattern, label: `\`${pattern}\`` });

export const SemicolonToken = sign('Semicolon', ';');
export const CommaToken = sign('Comma', ',');
export const ColonToken = sign('Colon', ':');
export const EqualsToken = sign('Equals', '=');
export const PlusEqualsToken = sign('PlusEquals', '+=');
export const MinusEqualsToken = sign('MinusEquals', '-=');
export const StarEqualsToken = sign('StarEquals', '*=');
export const EqualToken = sign('Equal', '==');
export const UnequalToken = sign('Unequal', '!=');
export const LessToken = sign('Less', '<');
export const AtMostToken = sign('AtMost', '<=');
export const GreaterToken = sign('Greater', '>');
export const AtLeastToken = sign('AtLeast', '>=');
export const PlusToken = sign('Plus', '+');
export const MinusToken = sign('Minus', '-');
export const StarToken = sign('Star', '*');
export const SlashToken = sign('Slash', '/');
export const PercentToken = sign('Percent', '%');
export const AtToken = sign('At', '@');
export const CaretToken = sign('Caret', '^');
export const LParenToken = sign('LParen', '(');
export const RParenToken = sign('RParen', ')');
export const LSquareToken = sign('LSquare', '[');
export const RSquareToken = sign('RSquare', ']');
export const LBraceToken = sign('LBrace', '{');
export const RBraceToken = sign('RBrace', '}');

/** The signs of assignments. */
export const ASSIGNMENT_TYPES: readonly TokenType[] = [
  EqualsToken,
  PlusEqualsToken,
  MinusEqualsToken,
  StarEqualsToken,
];

/** The operators of comparisons. */
export const COMPARISON_TYPES: readonly TokenType[] = [
  EqualToken,
  UnequalToken,
  AtMostToken,
  LessToken,
  AtLeastToken,
  GreaterToken,
];

/**
 * Operators of other languages, longest first. Four dots are two `..`, as in the slice `v[....2]`.
 */
export const ForeignSignToken = createToken({
  name: 'ForeignSign',
  pattern: /\.\.\.(?!\.)|\.\.[=<]|\*\*|[:/%@^]=|=>|->|&&|\|\||!(?!=)|[&|~?.]/,
});
export const RangeToken = createToken({
  name: 'Range',
  pattern: '..',
  longer_alt: ForeignSignToken,
  label: '`..`',
});

/** A block comment without an end, up to the end of the file. */
export const OpenCommentToken = createToken({
  name: 'OpenComment',
  pattern: /\/\*[\s\S]*/,
  line_breaks: true,
});
/** `# …`, up to the end of its line, because it was meant as a comment. */
export const HashCommentToken = createToken({ name: 'HashComment', pattern: /#[^\n]*/ });
/** A control-flow word of other languages. */
export const ForeignWordToken = createToken({
  name: 'ForeignWord',
  pattern: 'while',
  longer_alt: IdentToken,
});
/** A quote without another one on its line, up to the end of the line. */
export const OpenStringToken = createToken({ name: 'OpenString', pattern: /"[^"\r\n]*/ });
export const NonAsciiToken = createToken({ name: 'NonAscii', pattern: /[\x80-\uffff]+/ });
/** All other characters: control characters, and signs without a meaning in the language. */
export const StrayToken = createToken({
  name: 'Stray',
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the token is for control characters
  pattern: /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+|['$\\`]/,
});

/** The token types that the grammar uses. */
export const GRAMMAR_TYPES: readonly TokenType[] = [
  ...KEYWORD_TYPES,
  IdentToken,
  NumberToken,
  StringToken,
  TransposeToken,
  RangeToken,
  SemicolonToken,
  CommaToken,
  ColonToken,
  ...COMPARISON_TYPES,
  ...ASSIGNMENT_TYPES,
  PlusToken,
  MinusToken,
  StarToken,
  SlashToken,
  PercentToken,
  AtToken,
  CaretToken,
  LParenToken,
  RParenToken,
  LSquareToken,
  RSquareToken,
  LBraceToken,
  RBraceToken,
];

/** The token types that exist only for advice on what to write instead. */
export const FOREIGN_TYPES: readonly TokenType[] = [
  OpenCommentToken,
  HashCommentToken,
  ForeignWordToken,
  ForeignSignToken,
  BadNumberToken,
  BareFractionToken,
  PropertyToken,
  OpenStringToken,
  NonAsciiToken,
  StrayToken,
];

// The first type that matches at an offset wins: comments before `/`, words before names, `==`
// before `=`, a string before its opening quote.
const LEXER_TYPES: TokenType[] = [
  Blank,
  LineCommentToken,
  BlockCommentToken,
  OpenCommentToken,
  HashCommentToken,
  ForeignWordToken,
  TransposeToken,
  RangeToken,
  BareFractionToken,
  PropertyToken,
  ForeignSignToken,
  ...GRAMMAR_TYPES.filter((type) => type !== TransposeToken && type !== RangeToken),
  BadNumberToken,
  OpenStringToken,
  NonAsciiToken,
  StrayToken,
];

let lexer: Lexer | undefined;

/** Splits a text into tokens and comments. Every other character is a blank. */
export function tokenize(text: string): { tokens: IToken[]; comments: IToken[] } {
  lexer ??= new Lexer(LEXER_TYPES, {
    positionTracking: 'onlyOffset',
    ensureOptimizations: true,
    skipValidations: true,
  });
  const { tokens, groups } = lexer.tokenize(withoutMark(text));
  return { tokens, comments: groups.comments ?? [] };
}

/** Replaces the byte order mark that some editors write by a blank, which keeps all offsets. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
}

/**
 * Returns the offset after a token. Only tokens of {@link tokenAt} have an `endOffset` (in
 * chevrotain, the offset of the last character), because their image differs from the source.
 */
export function endOf(token: IToken): number {
  return token.endOffset === undefined
    ? token.startOffset + token.image.length
    : token.endOffset + 1;
}

/** Returns the span of a token. */
export function spanOf(token: IToken): Span {
  return { start: token.startOffset, end: endOf(token) };
}

/** Returns a token with another image than the text from `start` to `end` that it replaces. */
export function tokenAt(start: number, end: number, type: TokenType, image: string): IToken {
  return {
    image,
    startOffset: start,
    endOffset: end - 1,
    tokenType: type,
    tokenTypeIdx: defined(type.tokenTypeIdx),
  };
}
