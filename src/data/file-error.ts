/** Where in a file something is wrong; lines and columns count from 1, 0 where there is no place to name. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Data or a file, other than a circuit, that is refused. `code` is stable, as that of a diagnostic. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: string;
  readonly place: Place;

  constructor(code: string, message: string, place: Place) {
    super(message);
    this.code = code;
    this.place = place;
  }
}
