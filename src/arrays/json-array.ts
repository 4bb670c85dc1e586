import { type ParseErrorCode, visit } from 'jsonc-parser';
import type { ErrorCode } from '../errors/codes.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { defined, last } from '../lookup.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { MOST_AXES, showIndex } from '../tensor/tensor.ts';
import { type ArrayData, NumberList, type Room } from './array-data.ts';
import { describe, explainJsonError } from './json-file.ts';

/** Lines and columns count from 0. */
type Report = (code: ErrorCode, message: string, line: number, column: number) => never;

/**
 * Reads an array from nested JSON arrays of equal lengths, or from a number alone. Its shape is
 * that of the nesting. Numbers are stored as they are read, with nothing in between, so that a
 * text takes no more memory than its numbers.
 *
 * @param room limit on the numbers of the array; none if it is missing
 * @throws ShoalError with the location of the first fault
 */
export function parseJsonArray({ file, text }: Source, room?: Room): ArrayData {
  const refuse: Report = (code, message, line, column) => {
    throw new ShoalError(code, message, { file, position: { line: line + 1, column: column + 1 } });
  };
  const nesting = new Nesting(refuse);
  const numbers = new NumberList(file, room);
  visit(
    text,
    {
      onArrayBegin: (_offset, _length, line, column) => nesting.open(line, column),
      onArrayEnd: (offset, _length, line, column) => {
        // At the end of the text, an error follows.
        if (text[offset] === ']') nesting.close(line, column);
      },
      onError: (error: ParseErrorCode, offset, length, line, column) => {
        const reason =
          text.trim() === ''
            ? 'the file is empty'
            : explainJsonError(text, { error, offset, length });
        refuse('not-json', reason, line, column);
      },
      onLiteralValue: (value: unknown, _offset, _length, line, column) => {
        nesting.requireNumber(value, line, column);
        numbers.push(value as number);
      },
      onObjectBegin: (_offset, _length, line, column) => {
        const advice = 'write its array alone in the file, such as [[1, 2], [3, 4]]';
        refuse('not-an-array', `there is an object, not an array: ${advice}`, line, column);
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  return { shape: nesting.extents, data: numbers.toArray() };
}

/** The nesting of arrays so far, all of which must have equal lengths. */
class Nesting {
  /** The lengths of the arrays at each depth, as soon as one of them is closed. */
  readonly extents: number[] = [];
  /** The elements so far of each open array, outermost first: the index of the next element. */
  readonly #index: number[] = [];
  /** The depth of the numbers, as soon as it is known. */
  #rank: number | undefined;
  readonly #refuse: Report;

  constructor(refuse: Report) {
    this.#refuse = refuse;
  }

  open(line: number, column: number): void {
    const depth = this.#index.length;
    if (depth === MOST_AXES) {
      this.#refuse('rank', `the array has more than ${MOST_AXES} axes`, line, column);
    }
    if (depth === this.#rank) this.#refuseRagged('an array, not a number', line, column);
    this.#index.push(0);
  }

  close(line: number, column: number): void {
    const length = defined(this.#index.pop());
    const depth = this.#index.length;
    // An empty array has no elements that show its depth.
    if (length === 0) this.#rank ??= depth + 1;
    const before = this.extents[depth];
    if (before === undefined) this.extents[depth] = length;
    else if (before !== length) {
      this.#refuseRagged(`an array of ${length}, not of ${before} elements`, line, column);
    }
    this.#step();
  }

  requireNumber(value: unknown, line: number, column: number): void {
    const element = `the element ${showIndex(this.#index)}`;
    const name = this.#index.length === 0 ? 'the value' : element;
    if (typeof value !== 'number') {
      this.#refuse('not-a-number', `${name} is ${describe(value)}, not a number`, line, column);
    } else if (!Number.isFinite(value)) {
      this.#refuse('not-a-number', `${name} is a number too large for float64`, line, column);
    }
    this.#rank ??= this.#index.length;
    if (this.#rank !== this.#index.length) {
      this.#refuseRagged('a number, not an array', line, column);
    }
    this.#step();
  }

  #step(): void {
    if (this.#index.length > 0) this.#index[this.#index.length - 1] = last(this.#index) + 1;
  }

  #refuseRagged(found: string, line: number, column: number): never {
    const message = `the array is ragged: ${showIndex(this.#index)} is ${found}`;
    return this.#refuse('wrong-shape', `${message}, unlike those before it`, line, column);
  }
}
