/** A position in a text for users. Both numbers count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The location of an error. */
export interface Location {
  /** The file name; empty if the error is not in a file. */
  readonly file: string;
  /** Missing if the error concerns the whole file, or a file without lines. */
  readonly position?: Position;
}
