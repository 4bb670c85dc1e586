import type { IToken } from 'chevrotain';
import { defined } from '../lookup.ts';
import { type Comment, comment } from './layout-document.ts';
import { BlockCommentToken, endOf } from './tokens.ts';

/** The comments around one token, and whether an empty line comes before it. */
export interface Trivia {
  /** Comments on lines of their own before the token. */
  readonly above: readonly { readonly comment: Comment; readonly blankBefore: boolean }[];
  /** Comments before the token on its line. */
  readonly before: readonly Comment[];
  /** Comments after the token on its line. */
  after: readonly Comment[];
  readonly blankBefore: boolean;
}

/** Assigns every comment to a token. Returns an entry per token, and one for the end of file. */
export function attachComments(
  text: string,
  tokens: readonly IToken[],
  comments: readonly IToken[],
): readonly Trivia[] {
  const trivia: Trivia[] = [];
  let nextComment = 0;
  for (let i = 0; i <= tokens.length; i++) {
    const token = tokens[i];
    const start = token?.startOffset ?? text.length;
    const from = nextComment;
    while (nextComment < comments.length && defined(comments[nextComment]).startOffset < start)
      nextComment++;
    const gap = comments.slice(from, nextComment);
    const previousEnd = i === 0 ? undefined : endOf(defined(tokens[i - 1]));
    const { after, ...around } = attachGap(text, gap, previousEnd, start, token !== undefined);
    if (i > 0) defined(trivia[i - 1]).after = after;
    trivia.push({ ...around, after: [] });
  }
  return trivia;
}

/** Assigns the comments between two tokens to one of them. */
function attachGap(
  text: string,
  comments: readonly IToken[],
  previousEnd: number | undefined,
  start: number,
  hasNext: boolean,
): Trivia {
  const after: Comment[] = [];
  const above: Trivia['above'][number][] = [];
  const before: Comment[] = [];
  const firstBefore = hasNext ? firstOnLineOf(text, comments, start) : comments.length;
  let end = previousEnd ?? 0;
  let sameLine = previousEnd !== undefined;
  for (const [i, token] of comments.entries()) {
    const newlines = newlinesBetween(text, end, token.startOffset);
    sameLine &&= newlines === 0;
    if (i >= firstBefore) before.push(asComment(token, false));
    else if (sameLine) after.push(asComment(token, false));
    else above.push({ comment: asComment(token, true), blankBefore: newlines > 1 });
    end = endOf(token);
  }
  return { above, before, after, blankBefore: newlinesBetween(text, end, start) > 1 };
}

/** Returns the index of the first comment that directly precedes `start` on its line. */
function firstOnLineOf(text: string, comments: readonly IToken[], start: number): number {
  let first = comments.length;
  let next = start;
  for (const token of comments.toReversed()) {
    const isBlock = token.tokenType === BlockCommentToken;
    if (!isBlock || newlinesBetween(text, endOf(token), next) > 0) break;
    first--;
    next = token.startOffset;
  }
  return first;
}

function asComment(token: IToken, own: boolean): Comment {
  return comment(token.image.replaceAll('\r\n', '\n').trimEnd(), own);
}

function newlinesBetween(text: string, start: number, end: number): number {
  return text.slice(start, end).split('\n').length - 1;
}
