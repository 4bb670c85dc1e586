/** A stage's results are no good for the next one. `code` is stable, as that of a diagnostic. */
export class StageError extends Error {
  override readonly name = 'StageError';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
