import { CsvError, parse } from 'csv-parse/sync';
import { asOneLine } from '../errors/one-line.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { type ArrayData, NumberList, type Room, requireNumbersFit } from './array-data.ts';

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** A decimal number, as spreadsheets write it. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** Limit on the characters of a number: a regular expression takes a stack for its text. */
const LONGEST_NUMBER = 10_000;

function isNumber(cell: string): boolean {
  return cell.length <= LONGEST_NUMBER && NUMBER.test(cell);
}

/**
 * Reads a table of numbers with a row in each line. A first row without numbers is a header.
 *
 * @param room limit on the numbers of the table; none if it is missing
 * @throws ShoalError with the line of a row that is malformed or of a cell that is not a number
 */
export function parseCsv({ file, text }: Source, room?: Room): ArrayData {
  const refuse = (message: string, line: number): never => {
    throw new ShoalError('not-csv', message, { file, position: { line, column: 1 } });
  };
  // A parser that splits a line into cells has no limit on their number.
  if (room) requireNumbersFit(commasIn(text), file, room);
  const numbers = new NumberList(file, room);
  let columns: number | undefined;
  let rows = 0;
  let isFirst = true;
  forEachRow(file, text, ({ record, info }) => {
    const isHeader = isFirst && !record.some(isNumber);
    isFirst = false;
    if (isHeader) return;
    columns ??= record.length;
    if (record.length !== columns) {
      refuse(`the row has ${record.length} cells, the first one has ${columns}`, info.lines);
    }
    record.forEach((cell, i) => {
      const value = Number(cell);
      if (!isNumber(cell) || !Number.isFinite(value)) {
        const shown = asOneLine(cell.slice(0, 24));
        refuse(`cell ${i + 1} is '${shown}', not a finite number`, info.lines);
      }
      numbers.push(value);
    });
    rows++;
  });
  if (columns === undefined) return refuse('the table has no numbers', 1);
  return { shape: [rows, columns], data: numbers.toArray() };
}

function commasIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) count++;
  return count;
}

/** Calls `take` with each row that is neither blank nor a comment. Keeps none of them. */
function forEachRow(file: string, text: string, take: (row: Row) => void): void {
  try {
    parse(text, {
      bom: true,
      comment: '#',
      info: true,
      on_record: (row: unknown) => {
        take(row as Row);
        return undefined;
      },
      // Found in the text by the parser itself, they would take most of its time.
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { readonly lines?: number }).lines ?? 0);
    const location = line > 0 ? { file, position: { line, column: 1 } } : { file };
    throw new ShoalError('not-csv', asOneLine(error.message), location);
  }
}
