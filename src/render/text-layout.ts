import pc from 'picocolors';

/** Functions that color text, or return it unchanged. */
export type Colors = ReturnType<typeof pc.createColors>;

/** Returns functions that color text, or that do nothing. */
export function colorsOf(color: boolean): Colors {
  return pc.createColors(color);
}

/** Draws a bar of `share` (0 to 1) of `width` characters, in steps of an eighth. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  const rest = eighths % 8;
  const tip = rest === 0 ? '' : String.fromCodePoint(0x2590 - rest);
  const full = '█'.repeat(Math.floor(eighths / 8));
  return full + tip || (share > 0 ? '▏' : '');
}

/** Wraps a text into indented lines of at most `width` characters. Longer words are not split. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const longer = line === indent ? line + word : `${line} ${word}`;
    if (longer.length > width && line !== indent) {
      lines.push(line);
      line = indent + word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join('\n');
}

/** Cuts a text to a length and marks the cut with `…`. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, Math.max(0, length - 1))}…` : text;
}
