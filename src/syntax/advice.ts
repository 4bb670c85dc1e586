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

/** What to write where another language has an expression with `if` or `?`. */
export const SELECTION_HELP =
  'assign a `var` in `if c { … } else { … }`, which needs a constant c; ' +
  'otherwise select with `c*a + (1 - c)*b` where c is 0 or 1';

const logic = (image: string): Advice => ({
  code: 'logic-not-polynomial',
  message: `there is no \`${image}\``,
  help:
    'for constants write `and`, `or`, `not`; ' +
    'for encrypted 0 and 1 write `a*b` for and, `a + b - a*b` for or, `1 - a` for not',
});
const SELECTION: Advice = {
  code: 'branch-not-polynomial',
  message: 'there is no `? :`',
  help: SELECTION_HELP,
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
/** The error for a quote that has no other one on its line. */
export const OPEN_STRING: Advice = {
  code: 'string-literal',
  message: 'this string never ends',
  help: 'end it with `"` on the same line',
};

/** The errors for operators and words of other languages, by how they are written. */
export const ADVICE_BY_IMAGE: ReadonlyMap<string, Advice> = new Map([
  ...['&&', '||', '!', '&', '|', '~'].map((image) => [image, logic(image)] as const),
  ...['=>', '->'].map((image) => [image, ARROW] as const),
  ...['...', '..=', '..<'].map((image) => [image, range] as const),
  ['?', SELECTION],
  ['**', power],
  [':=', assignment],
  ['while', LOOP],
]);
