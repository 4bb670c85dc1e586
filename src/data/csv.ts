import { CsvError, parse } from 'csv-parse/sync';
import type { Source } from '../syntax/diagnostic.ts';
import { FileError } from './file-error.ts';
import type { ArrayData } from './npy.ts';

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** A number as people and spreadsheets write it. */
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Reads a table of numbers: a row for each line. A first row that has no numbers is a header.
 *
 * @throws FileError with line and column of what is no number
 */
export function parseCsv({ file, text }: Source): ArrayData {
  const refuse = (message: string, line: number, column: number): never => {
    throw new FileError('not-csv', message, { file, line, column });
  };
  const rows = parseRows(file, text);
  const [head] = rows;
  const body = head?.record.every((cell) => !number.test(cell)) ? rows.slice(1) : rows;
  const [first] = body;
  if (!first) return refuse('the table has no numbers', 1, 1);
  const columns = first.record.length;
  const data = new Float64Array(body.length * columns);
  let next = 0;
  for (const { record, info } of body) {
    if (record.length !== columns) {
      refuse(`the row has ${record.length} cells, the first one has ${columns}`, info.lines, 1);
    }
    record.forEach((cell, i) => {
      const value = Number(cell);
      if (!number.test(cell) || !Number.isFinite(value)) {
        refuse(`cell ${i + 1} is '${cell.slice(0, 24)}', not a finite number`, info.lines, 1);
      }
      data[next++] = value;
    });
  }
  return { shape: [body.length, columns], data };
}

function parseRows(file: string, text: string): readonly Row[] {
  try {
    return parse(text, {
      bom: true,
      comment: '#',
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { readonly lines?: number }).lines ?? 0);
    throw new FileError('not-csv', error.message, { file, line, column: line > 0 ? 1 : 0 });
  }
}
