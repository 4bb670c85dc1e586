import pc from 'picocolors';

/** Functions that color text, or leave it as it is. */
export type Colors = ReturnType<typeof pc.createColors>;

/** Colors, or none. */
export function colorsOf(color: boolean): Colors {
  return pc.createColors(color);
}

/** A bar of a length between 0 and `width` cells, in eighths of a cell. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  const rest = eighths % 8;
  const tip = rest === 0 ? '' : String.fromCodePoint(0x2590 - rest);
  const full = '█'.repeat(Math.floor(eighths / 8));
  return full + tip || (share > 0 ? '▏' : '');
}

/** A text in lines of at most `width` characters, indented; longer words stay whole. */
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

/** A text cut to a length, with a sign that it was. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, Math.max(0, length - 1))}…` : text;
}
