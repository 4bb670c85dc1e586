import { CODES, type ErrorCode, type ErrorStatus } from './codes.ts';
import type { Location } from './location.ts';

/** An error that a user sees and that is not in the text of a circuit. */
export class ShoalError extends Error {
  override readonly name = 'ShoalError';
  readonly code: ErrorCode;
  /** What is wrong in data or a file; missing where it is neither. */
  readonly location: Location | undefined;

  constructor(code: ErrorCode, message: string, location?: Location, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.location = location;
  }

  /** With which a command ends. */
  get status(): ErrorStatus {
    return CODES[this.code].status;
  }
}

/** Whether an error is one of this code. */
export function hasCode(error: unknown, code: ErrorCode): error is ShoalError {
  return error instanceof ShoalError && error.code === code;
}
