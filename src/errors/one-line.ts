/** Limit on the characters of a name in a plan: a name is shown in one line. */
export const LONGEST_NAME = 100;

/** Characters that control a terminal, end a line or have no meaning. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Returns a text with U+FFFD in place of characters that a terminal does not just show. */
export function asPrintable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd');
}

/** Whether a text can be shown in one line: it is printable and not too long. */
export function isOneLine(text: string): boolean {
  return text.length <= LONGEST_NAME && asPrintable(text) === text;
}

/** Returns the start of a text that {@link isOneLine}, in printable characters. */
export function asOneLine(text: string): string {
  const cut = text.slice(0, LONGEST_NAME);
  // The cut may have divided a pair of surrogates.
  return asPrintable(cut === text ? text : cut.replace(/[\ud800-\udbff]$/, ''));
}
