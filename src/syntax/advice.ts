import type { TokenType } from 'chevrotain';
import type { ErrorCode } from '../errors/codes.ts';
import * as t from './tokens.ts';

/** The error that a token of another language gets. */
export interface Advice {
  readonly code: ErrorCode;
  readonly message: string;
  readonly help: string;
  /** The token that the parser reads instead, if the meaning is obvious. */
  readonly instead?: TokenType;
}

/** Returns the error for a comparison operator, written as `image`. */
export const comparison = (image: string): Advice => ({
  code: 'comparison-not-polynomial',
  message: `\`${image}\` is not a polynomial in ciphertexts`,
  help: `write a polynomial approximation with \`poly(x, …)\`${
    image === '==' ? '; to give a name its value, write `=`' : ''
  }`,
});
const LOGIC: Advice = {
  code: 'logic-not-polynomial',
  message: 'the language has no logical or bitwise operators',
  help: 'for 0 and 1 write `a*b` for and, `a + b - a*b` for or, `1 - a` for not',
};
const SELECTION: Advice = {
  code: 'branch-not-polynomial',
  message: 'a branch is not a polynomial in ciphertexts',
  help: 'compute both sides and select: `c*a + (1 - c)*b` where c is 0 or 1',
};
const REMAINDER: Advice = {
  code: 'remainder-not-polynomial',
  message: 'a remainder is not a polynomial in ciphertexts',
  help: 'under `bfv` and `bgv` all arithmetic is modulo t already',
};
const ARROW: Advice = {
  code: 'arrow',
  message: 'the language has no arrows',
  help: 'write a function as `fn f(x) = …;`',
};
const power: Advice = {
  code: 'power-operator',
  message: 'a power is written with `^`',
  help: 'write `^`',
  instead: t.CaretToken,
};
const assignment: Advice = {
  code: 'assignment-operator',
  message: 'an assignment is written with `=`',
  help: 'write `=`',
  instead: t.EqualsToken,
};
const range: Advice = {
  code: 'range-operator',
  message: 'a range is written with `..`, and excludes its end',
  help: 'write `a..b` for a to b - 1',
  instead: t.RangeToken,
};
const LOOP: Advice = {
  code: 'unbounded-loop',
  message: 'the number of iterations must be known when the circuit is compiled',
  help: 'write `for t in 0..n { … }`',
};
/** The error for text in quotes. */
export const TEXT: Advice = {
  code: 'string-literal',
  message: 'the language has no strings',
  help: 'remove it',
};

/** The errors for operators and words of other languages, by how they are written. */
export const ADVICE_BY_IMAGE: ReadonlyMap<string, Advice> = new Map([
  ...['<', '>', '<=', '>=', '==', '!='].map((image) => [image, comparison(image)] as const),
  ...['&&', '||', '!', '&', '|', '~'].map((image) => [image, LOGIC] as const),
  ...['=>', '->'].map((image) => [image, ARROW] as const),
  ...['...', '..=', '..<'].map((image) => [image, range] as const),
  ...['if', 'else', '?'].map((image) => [image, SELECTION] as const),
  ['%', REMAINDER],
  ['**', power],
  [':=', assignment],
  ['while', LOOP],
]);
