import type { TokenType } from 'chevrotain';
import type { ErrorCode } from '../errors/codes.ts';
import * as t from './tokens.ts';

/** What is said about a token that the language does not have, and what the parser reads instead. */
export interface Advice {
  readonly code: ErrorCode;
  readonly message: string;
  readonly help: string;
  readonly instead?: TokenType;
}

/** The commonest wish that no polynomial grants. */
export const comparison = (image: string): Advice => ({
  code: 'comparison-not-polynomial',
  message: `\`${image}\` is not a polynomial in ciphertexts`,
  help: `write a polynomial approximation with \`poly(x, …)\`${
    image === '==' ? '; to give a name its value, write `=`' : ''
  }`,
});
const LOGIC: Advice = {
  code: 'logic-not-polynomial',
  message: 'there are no logical or bitwise operators',
  help: 'for 0 and 1 write `a*b` for and, `a + b - a*b` for or, `1 - a` for not',
};
const SELECTION: Advice = {
  code: 'branch-not-polynomial',
  message: 'a branch is not a polynomial in ciphertexts',
  help: 'compute both sides and select: `c*a + (1 - c)*b` for c of 0 or 1',
};
const REMAINDER: Advice = {
  code: 'remainder-not-polynomial',
  message: 'a remainder is not a polynomial in ciphertexts',
  help: 'under `bfv` and `bgv` all arithmetic is modulo t already',
};
const ARROW: Advice = {
  code: 'arrow',
  message: 'there are no arrows',
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
  message: 'a loop must have a number of iterations that is known when compiling',
  help: 'write `for t in 0..n { … }`',
};
/** For anything in quotes. */
export const TEXT: Advice = {
  code: 'string-literal',
  message: 'there are no strings',
  help: 'remove it',
};

/** What is said about the signs and words of other languages. */
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
