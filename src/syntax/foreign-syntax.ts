import type { IToken, TokenType } from 'chevrotain';
import { defined } from '../lookup.ts';
import { ADVICE_BY_IMAGE, type Advice, OPEN_STRING } from './advice.ts';
import { explainNonAscii } from './lookalikes.ts';
import type { Problems } from './problem-list.ts';
import * as t from './tokens.ts';

const FOREIGN: ReadonlySet<TokenType> = new Set(t.FOREIGN_TYPES);

/**
 * Reports every token that the language does not have, and returns the tokens for the parser.
 * Tokens with an obvious meaning are translated (`**` to `^`), and stray characters and comments of
 * other languages are dropped. The parser fails at the others, but does not report them a second
 * time.
 */
export function explainForeign(
  source: string,
  tokens: readonly IToken[],
  problems: Problems,
): readonly IToken[] {
  if (!tokens.some((token) => FOREIGN.has(token.tokenType))) return tokens;
  const kept: IToken[] = [];
  const reported = new Set<string>();
  let resume = 0;
  for (const token of tokens) {
    if (token.startOffset < resume) continue;
    if (endsStatement(token)) reported.clear();
    const quoted = quotedAt(source, token, kept.at(-1));
    if (!FOREIGN.has(token.tokenType)) kept.push(token);
    else if (token.tokenType === t.NonAsciiToken)
      resume = explainNonAscii(token, { source, kept, problems });
    else if (quoted) {
      kept.push(explainQuoted(token, quoted, problems));
      resume = token.startOffset + quoted.length;
    } else for (const known of explain(token, kept.at(-1), reported, problems)) kept.push(known);
  }
  return kept;
}

/** Returns the text in single quotes at a token, where it was meant as a string. */
function quotedAt(source: string, token: IToken, previous: IToken | undefined): string | undefined {
  const canBeString =
    previous?.tokenType === t.LParenToken || previous?.tokenType === t.IncludeToken;
  if (token.image !== "'" || !canBeString) return undefined;
  const pattern = /'[^'"\r\n]*'/y;
  pattern.lastIndex = token.startOffset;
  return pattern.exec(source)?.[0];
}

function explainQuoted(token: IToken, quoted: string, problems: Problems): IToken {
  const start = token.startOffset;
  const end = start + quoted.length;
  const string = `"${quoted.slice(1, -1)}"`;
  const message = 'a string has double quotes';
  problems.error('string-literal', { start, end }, message, `write \`${string}\``);
  return t.tokenAt(start, end, t.StringToken, string);
}

function endsStatement({ tokenType }: IToken): boolean {
  return (
    tokenType === t.SemicolonToken || tokenType === t.LBraceToken || tokenType === t.RBraceToken
  );
}

/** Reports one token. Returns the tokens that the parser reads instead. */
function explain(
  token: IToken,
  previous: IToken | undefined,
  reported: Set<string>,
  problems: Problems,
): readonly IToken[] {
  switch (token.tokenType) {
    case t.BadNumberToken:
    case t.BareFractionToken:
      return [explainNumber(token, problems)];
    case t.OpenCommentToken:
      explainOpenComment(token, problems);
      return [];
    case t.HashCommentToken:
      explainHash(token, problems);
      return [];
    case t.StrayToken:
      return explainStray(token, problems);
    case t.PropertyToken:
      problems.error(
        'unknown-property',
        t.spanOf(token),
        `there is no \`${token.image}\``,
        'the only property is the transpose, `.T`',
      );
      return [token];
    default:
      return explainOperator(token, previous, reported, problems);
  }
}

function explainHash(token: IToken, problems: Problems): void {
  const help = /^#\s*include\b/.test(token.image) ? 'write `include "file.circ";`' : 'write `//`';
  problems.error('hash-comment', t.spanOf(token), 'a comment starts with `//`', help);
}

/**
 * Reports an operator or a word. One without a translation is reported once per statement, because
 * `a && b && c` is a single mistake.
 */
function explainOperator(
  token: IToken,
  previous: IToken | undefined,
  reported: Set<string>,
  problems: Problems,
): readonly IToken[] {
  const advice = adviceFor(token, previous);
  const isRepeated = advice.instead === undefined && reported.has(advice.code);
  if (!isRepeated) {
    reported.add(advice.code);
    problems.error(advice.code, t.spanOf(token), advice.message, advice.help);
  }
  return [advice.instead ? replaced(token, advice.instead) : token];
}

function adviceFor(token: IToken, previous: IToken | undefined): Advice {
  const { image } = token;
  if (token.tokenType === t.OpenStringToken) return OPEN_STRING;
  if (/^[/%@^]=$/.test(image)) {
    const name = previous?.tokenType === t.IdentToken ? previous.image : 'x';
    return {
      code: 'compound-assignment',
      message: `there is no \`${image}\``,
      help: `write \`${name} = ${name} ${image[0]} …\``,
      // The variable keeps its shape, so that what follows is checked as it was meant.
      instead: t.StarEqualsToken,
    };
  }
  return ADVICE_BY_IMAGE.get(image) ?? stray(image);
}

function stray(image: string): Advice {
  return { code: 'stray-character', message: `stray \`${image}\``, help: 'remove it' };
}

function replaced(token: IToken, type: TokenType): IToken {
  return t.tokenAt(token.startOffset, t.endOf(token), type, String(type.PATTERN));
}

function explainNumber(token: IToken, problems: Problems): IToken {
  const { image } = token;
  const digits = defined(/^[0-9]*(?:\.[0-9]+)?/.exec(image))[0];
  const number = digits.startsWith('.') ? `0${digits}` : digits;
  problems.error('malformed-number', t.spanOf(token), ...numberAdvice(image, number));
  return t.tokenAt(token.startOffset, t.endOf(token), t.NumberToken, number);
}

function numberAdvice(image: string, number: string): [message: string, help: string] {
  const dotted = image.replace(/^\./, '0.').replace(/\.(?![0-9])/, '.0');
  if (dotted !== image && /^[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?$/.test(dotted)) {
    return ['a decimal point needs digits on both sides', `write \`${dotted}\``];
  }
  if (/^[0-9.]+[eE]/.test(image)) return ['malformed exponent', 'write it as in `1e-3`'];
  if (/^[0-9][0-9_]*$/.test(image)) {
    return ['a number has no `_` between digits', `write \`${image.replaceAll('_', '')}\``];
  }
  if (/^0[xXbBoO]/.test(image)) return ['numbers are decimal', 'write it in decimal'];
  const name = /[A-Za-z_]\w*$/.exec(image)?.[0];
  if (name) return ['a number cannot end in letters', `to multiply, write \`${number}*${name}\``];
  return ['a number has one decimal point', 'write it as in `0.25`'];
}

function explainOpenComment(token: IToken, problems: Problems): void {
  const start = token.startOffset;
  problems.error(
    'unterminated-comment',
    { start, end: start + 2 },
    'this comment never ends',
    'end it with `*/`',
  );
}

function explainStray(token: IToken, problems: Problems): readonly IToken[] {
  const { image } = token;
  const isControl = image < ' ' || image === '\x7f';
  const span = t.spanOf(token);
  if (image.startsWith('\0')) {
    problems.error('stray-character', span, 'NUL characters', 'save the file as UTF-8 text');
  } else if (isControl) {
    problems.error('stray-character', span, 'control characters', 'remove them');
  } else if (image === "'") {
    problems.error('stray-character', span, "stray `'`", 'a transpose is written `x.T`');
  } else {
    problems.error('stray-character', span, `stray \`${image}\``, 'remove it');
  }
  return [];
}
