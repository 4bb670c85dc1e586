import { CODES, type ErrorCode, type ErrorStatus } from './codes.ts';
import type { Location } from './location.ts';

/** An error for users that is not in the text of a program. */
export class ShoalError extends Error {
  override readonly name = 'ShoalError';
  readonly code: ErrorCode;
  /** The location of an error in data or in a file. */
  readonly location: Location | undefined;

  constructor(code: ErrorCode, message: string, location?: Location, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.location = location;
  }

  /** The exit status of a command that ends with this error. */
  get status(): ErrorStatus {
    return CODES[this.code].status;
  }
}

/** Whether an error is a ShoalError with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is ShoalError {
  return error instanceof ShoalError && error.code === code;
}
