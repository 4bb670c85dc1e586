import { readFileSync } from 'node:fs';
import { defined } from '../../src/lookup.ts';

/** A fenced `circ` block, with the words after `circ` and the JSON blocks that follow it. */
export interface Example {
  readonly line: number;
  readonly text: string;
  readonly info: readonly string[];
  readonly cases: readonly unknown[];
  /** The last heading before the block. */
  readonly heading: string;
}

interface Block {
  readonly line: number;
  readonly text: string;
  readonly info: readonly string[];
  readonly end: number;
  readonly heading: string;
}

/** Returns the text of a page of docs/. */
export const page = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

/** Returns the texts of the blocks of a page that are files, as in "```csv file=w.csv", by name. */
export function filesOf(markdown: string): ReadonlyMap<string, string> {
  return new Map(
    blocksOf(markdown.split('\n')).flatMap(({ info, text }): [string, string][] => {
      const name = nameIn(info);
      return name === undefined ? [] : [[name, text]];
    }),
  );
}

function nameIn(info: readonly string[]): string | undefined {
  return info.find((word) => word.startsWith('file='))?.slice('file='.length);
}

/** Returns the `circ` blocks of a page that are programs. */
export function examplesOf(markdown: string): readonly Example[] {
  const blocks = blocksOf(markdown.split('\n'));
  return blocks.flatMap(({ line, text, info, heading, end }, at) => {
    if (info[0] !== 'circ' || nameIn(info) !== undefined) return [];
    const cases: unknown[] = [];
    for (let next = end, i = at + 1; blocks[i]?.line === next + 1; i++) {
      const { info, text, end } = defined(blocks[i]);
      if (info[0] !== 'json') break;
      cases.push(JSON.parse(text));
      next = end;
    }
    return [{ line, text, info: info.slice(1), cases, heading }];
  });
}

/** Returns all fenced blocks, with the numbers of their first and last lines. */
function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let heading = '';
  for (let at = 0; at < lines.length; at++) {
    const line = defined(lines[at]);
    if (line.startsWith('#')) heading = line.replace(/^#+ */, '');
    if (!line.startsWith('```')) continue;
    const close = lines.indexOf('```', at + 1);
    if (close < 0) throw new Error(`line ${at + 1}: a block that does not end`);
    blocks.push({
      ...{ line: at + 1, end: close + 1, heading },
      text: `${lines.slice(at + 1, close).join('\n')}\n`,
      info: line.slice(3).trim().split(/\s+/),
    });
    at = close;
  }
  return blocks;
}
