import type { ErrorCode } from '../errors/codes.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import type { Shape } from '../tensor/tensor.ts';

/** An array of numbers from a file, row-major. */
export interface ArrayData {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** A limit on the numbers of an array, and the error for an array that has more. */
export interface Room {
  readonly numbers: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** @throws ShoalError if so many numbers exceed the room that there is, if that is limited */
export function requireNumbersFit(count: number, file: string, room: Room | undefined): void {
  if (room && count > room.numbers) throw new ShoalError(room.code, room.message, { file });
}

/** The numbers of a file, in the order in which they are read. Their count is not known before. */
export class NumberList {
  readonly #file: string;
  readonly #room: Room | undefined;
  #data = new Float64Array(64);
  #length = 0;

  constructor(file: string, room: Room | undefined) {
    this.#file = file;
    this.#room = room;
  }

  /** Appends a number. Throws a ShoalError if there is no room for it. */
  push(number: number): void {
    requireNumbersFit(this.#length + 1, this.#file, this.#room);
    if (this.#length === this.#data.length) {
      const longer = new Float64Array(2 * this.#length);
      longer.set(this.#data);
      this.#data = longer;
    }
    this.#data[this.#length++] = number;
  }

  /** Returns all numbers. */
  toArray(): Float64Array {
    return this.#data.slice(0, this.#length);
  }
}
