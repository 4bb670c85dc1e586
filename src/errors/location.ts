/** Position for people: both count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where something is wrong. */
export interface Location {
  /** Empty where what is wrong is in no file. */
  readonly file: string;
  /** Missing where the whole file is meant, or one that has no lines. */
  readonly position?: Position;
}
