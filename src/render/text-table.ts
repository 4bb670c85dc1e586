import Table from 'cli-table3';
import { colorsOf } from './text-layout.ts';

/** A cell of a table. */
export type TableCell = string | { readonly content: string; readonly hAlign?: 'left' | 'right' };

/** The properties of a table. */
export interface TableOptions {
  readonly head?: readonly string[];
  readonly color: boolean;
  readonly align?: readonly ('left' | 'right')[];
}

/** Renders a table without borders, with two spaces between columns. */
export function table(rows: readonly (readonly TableCell[])[], options: TableOptions): string {
  const { head = [], color, align = [] } = options;
  const made = new Table({
    head: head.map((cell) => colorsOf(color).dim(cell)),
    colAligns: [...align],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
  });
  for (const row of rows) made.push([...row]);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
