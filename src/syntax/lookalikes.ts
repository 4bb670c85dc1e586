import type { IToken, TokenType } from 'chevrotain';
import { defined } from '../lookup.ts';
import type { Span } from './diagnostic.ts';
import type { Problems } from './problem-list.ts';
import * as t from './tokens.ts';

/** Characters that word processors, PDFs and other keyboards write instead of an ASCII sign. */
const SIGNS: readonly (readonly [characters: string, type: TokenType])[] = [
  ['‐‑‒–—−﹣－', t.MinusToken],
  ['×·∙⋅∗•⨯✕＊', t.StarToken],
  ['÷∕⁄／', t.SlashToken],
  ['＋', t.PlusToken],
  ['＝', t.EqualsToken],
  ['…‥', t.RangeToken],
  ['，、', t.CommaToken],
  ['；', t.SemicolonToken],
  ['：', t.ColonToken],
  ['（', t.LParenToken],
  ['）', t.RParenToken],
  ['［', t.LSquareToken],
  ['］', t.RSquareToken],
  ['｛', t.LBraceToken],
  ['｝', t.RBraceToken],
  ['＠', t.AtToken],
  ['＾', t.CaretToken],
  ['ᵀ', t.TransposeToken],
  ['≤', t.AtMostToken],
  ['≥', t.AtLeastToken],
  ['≠', t.UnequalToken],
  ['≟', t.EqualToken],
  ['＜', t.LessToken],
  ['＞', t.GreaterToken],
];

const TYPE_OF: ReadonlyMap<string, TokenType> = new Map(
  SIGNS.flatMap(([characters, type]) => [...characters].map((character) => [character, type])),
);

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

// Patterns for a run of non-ASCII characters, tried in this order.
const PATTERNS = {
  blank: /[\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\u00ad]+/y,
  superscript: /[⁰¹²³⁴⁵⁶⁷⁸⁹]+/y,
  quoted: /[“”„«»‘‚][^“”„«»’\n]*[“”«»’]?/y,
  prime: /[’′″]/y,
  undecodable: /\ufffd+/y,
  name: /[\p{L}\p{M}\p{Nd}_]+/uy,
} as const;

type Kind = keyof typeof PATTERNS;
const KINDS = Object.keys(PATTERNS) as readonly Kind[];

/** The text, the tokens for the parser so far, and the list that errors are added to. */
interface Target {
  readonly source: string;
  readonly kept: IToken[];
  readonly problems: Problems;
}

/**
 * Reports the run of non-ASCII characters at `token`, and adds the tokens that they probably mean
 * to `kept`. Returns the offset where the run ends. A name can extend beyond `token`; the caller
 * skips tokens before that offset.
 */
export function explainNonAscii(token: IToken, target: Target): number {
  const end = t.endOf(token);
  let at = token.startOffset;
  while (at < end) at = explainAt(at, end, target);
  return at;
}

/** Reports the characters at `at`. Returns the offset after them. */
function explainAt(at: number, end: number, target: Target): number {
  const { source } = target;
  const sign = TYPE_OF.get(defined(source[at]));
  if (sign) return explainSign(at, sign, target);
  for (const kind of KINDS) {
    const found = matchAt(PATTERNS[kind], source, at);
    if (found !== undefined) {
      const span = { start: at, end: at + found.length };
      explainers[kind](found, span, target);
      return span.end;
    }
  }
  return explainUnknown(at, end, target);
}

type Explainer = (found: string, span: Span, target: Target) => void;

const explainers: Readonly<Record<Kind, Explainer>> = {
  blank: (found, span, { problems }) => {
    const message = `${codePoint(found)} is not a blank here`;
    problems.error('lookalike-character', span, message, 'write an ordinary space');
  },
  superscript: (found, { start, end }, { kept, problems }) => {
    const digits = [...found].map((digit) => SUPERSCRIPTS.indexOf(digit)).join('');
    const message = `\`${found}\` (${codePoint(found)}) is not a power`;
    problems.error('lookalike-character', { start, end }, message, `write \`^${digits}\``);
    kept.push(
      t.tokenAt(start, start, t.CaretToken, '^'),
      t.tokenAt(start, end, t.NumberToken, digits),
    );
  },
  quoted: (found, { start, end }, { kept, problems }) => {
    const string = `"${found.slice(1).replace(/[“”«»’]$/, '')}"`;
    problems.error(
      'lookalike-character',
      { start, end },
      `\`${found[0]}\` (${codePoint(found)}) is not \`"\``,
      'write a string in straight quotes, as in `"w.npy"`',
    );
    kept.push(t.tokenAt(start, end, t.StringToken, string));
  },
  prime: (found, span, { problems }) => {
    problems.error('stray-character', span, `stray \`${found}\``, 'a transpose is written `x.T`');
  },
  undecodable: (_found, span, { problems }) => {
    problems.error('invalid-utf8', span, 'bytes that are not UTF-8', 'save the file as UTF-8');
  },
  name: explainName,
};

function explainSign(at: number, type: TokenType, { source, kept, problems }: Target): number {
  const character = defined(source[at]);
  const ascii = String(type.PATTERN);
  problems.error(
    'lookalike-character',
    { start: at, end: at + 1 },
    `\`${character}\` (${codePoint(character)}) is not \`${ascii}\``,
    `write \`${ascii}\``,
  );
  kept.push(t.tokenAt(at, at + 1, type, ascii));
  return at + 1;
}

/** Reports a name with non-ASCII letters, together with the word directly before it. */
function explainName(_found: string, { start: at, end }: Span, target: Target): void {
  const { source, kept, problems } = target;
  const before = kept.at(-1);
  const touches = before && t.endOf(before) === at && /^[A-Za-z_]\w*$/.test(before.image);
  const start = touches ? before.startOffset : at;
  if (touches) kept.pop();
  problems.error(
    'non-ascii-name',
    { start, end },
    'a name consists of ASCII letters, digits and `_`',
    'spell the name out, as in `alpha`',
  );
  kept.push(t.tokenAt(start, end, t.IdentToken, source.slice(start, end)));
}

/** Reports all characters up to the next one with a known meaning as one stray run. */
function explainUnknown(at: number, end: number, { source, problems }: Target): number {
  const first = String.fromCodePoint(defined(source.codePointAt(at)));
  let stop = at + first.length;
  while (stop < end && !isKnown(source, stop)) {
    stop += String.fromCodePoint(defined(source.codePointAt(stop))).length;
  }
  const isVisible = /^[\p{P}\p{S}]$/u.test(first);
  const shown = isVisible ? `\`${first}\` (${codePoint(first)})` : codePoint(first);
  problems.error('stray-character', { start: at, end: stop }, `stray ${shown}`, 'remove it');
  return stop;
}

function isKnown(source: string, at: number): boolean {
  return (
    TYPE_OF.has(defined(source[at])) ||
    Object.values(PATTERNS).some((pattern) => matchAt(pattern, source, at) !== undefined)
  );
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function codePoint(character: string): string {
  return `U+${defined(character.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}`;
}
