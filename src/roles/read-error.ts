/** The system could not open a file. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super((cause as Error).message, { cause });
    this.path = path;
  }
}
