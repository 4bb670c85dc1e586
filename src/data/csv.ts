import { CsvError, parse } from 'csv-parse/sync';
import { ShoalError } from '../errors/shoal-error.ts';
import type { Source } from '../syntax/diagnostic.ts';
import type { ArrayData } from './npy.ts';

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** A decimal number, as spreadsheets write it. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Reads a table of numbers with a row in each line. A first row without numbers is a header.
 *
 * @throws ShoalError with the line of a row that is malformed or of a cell that is not a number
 */
export function parseCsv({ file, text }: Source): ArrayData {
  const refuse = (message: string, line: number): never => {
    throw new ShoalError('not-csv', message, { file, position: { line, column: 1 } });
  };
  const rows = parseRows(file, text);
  const [head] = rows;
  const body = head?.record.every((cell) => !NUMBER.test(cell)) ? rows.slice(1) : rows;
  const [first] = body;
  if (!first) return refuse('the table has no numbers', 1);
  const columns = first.record.length;
  const data = new Float64Array(body.length * columns);
  let next = 0;
  for (const { record, info } of body) {
    if (record.length !== columns) {
      refuse(`the row has ${record.length} cells, the first one has ${columns}`, info.lines);
    }
    record.forEach((cell, i) => {
      const value = Number(cell);
      if (!NUMBER.test(cell) || !Number.isFinite(value)) {
        refuse(`cell ${i + 1} is '${cell.slice(0, 24)}', not a finite number`, info.lines);
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
    const location = line > 0 ? { file, position: { line, column: 1 } } : { file };
    throw new ShoalError('not-csv', error.message, location);
  }
}
