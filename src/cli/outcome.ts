/** How results are printed. */
export interface DisplayOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether texts on standard output and standard error are colored. */
  readonly color: { readonly out: boolean; readonly err: boolean };
}

/** The exit status: 0 done, 1 refused, 2 wrong command line or environment, 3 failed. */
export type Status = 0 | 1 | 2 | 3;

/** The result of a command, in all the formats that it may be printed in. */
export interface Result {
  readonly status: Status;
  /** The document that `--json` prints. */
  readonly json: unknown;
  /** Returns the text for standard output, in complete lines. */
  text(color: boolean): string;
  /** What standard output gets instead of the text, which then is a note. */
  readonly bytes?: Uint8Array;
  /** Returns the text for standard error that `--quiet` suppresses, in complete lines. */
  notes?(color: boolean): string;
  /** Returns the errors for standard error, also with `--quiet`. With `--json`, `json` has them. */
  errors?(color: boolean): string;
  /**
   * The circuits of `--print-after`, in complete lines. Neither `--quiet` nor `--json` stops them.
   */
  readonly circuits?: string;
  /** Files to write, each completely or not at all. */
  readonly files?: readonly OutputFile[];
}

export interface OutputFile {
  readonly path: string;
  readonly content: string;
  /** Whether it is a new version of a file that was read. */
  readonly isRewritten?: true;
  /** Whether to create missing parent directories. */
  readonly makesDirectory?: true;
}

/** What the main thread does at the end: print, write files, exit with a status. */
export interface Outcome {
  readonly status: Status;
  readonly stdout: string;
  /** What standard output gets instead of the text. */
  readonly bytes?: Uint8Array;
  readonly stderr: string;
  readonly files: readonly OutputFile[];
}

/** Called with the path of a temporary file, which exists until the written file is complete. */
export type OnTemporary = (path: string) => void;

/** Called with the progress of a phase of a long computation; `total` is 0 if it is unknown. */
export type Progress = (done: number, total: number, phase: string) => void;
