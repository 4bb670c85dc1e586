/** How results are shown. */
export interface DisplayOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether standard output and standard error take colors. */
  readonly color: { readonly out: boolean; readonly err: boolean };
}

/** 0 done, 1 refused, 2 wrong command line or environment, 3 failed. */
export type Status = 0 | 1 | 2 | 3;

/** What a command found, before it is known how that is shown. */
export interface Result {
  readonly status: Status;
  /** The document that `--json` prints. */
  readonly json: unknown;
  /** What people read on standard output; complete lines. */
  text(color: boolean): string;
  /** What people read on standard error, without `--quiet`; complete lines. */
  notes?(color: boolean): string;
  /** What is wrong, for people, also with `--quiet`; part of `json` otherwise. */
  errors?(color: boolean): string;
  /** What `--print-after` asks for, on standard error, also with `--quiet` and `--json`; complete lines. */
  readonly steps?: string;
  /** Files to be written, all or none of each. */
  readonly files?: readonly OutputFile[];
}

export interface OutputFile {
  readonly path: string;
  /** Undefined if there is to be no such file. */
  readonly content: string | undefined;
  /** Whether missing directories on the way are made. */
  readonly makesDirectory?: true;
}

/** What is left to the main thread: to print, to write, to exit. */
export interface Outcome {
  readonly status: Status;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: readonly OutputFile[];
}

/** Told of a file that is there until another one is whole. */
export type OnTemporary = (path: string) => void;

/** Tells how far a phase of a long computation is; `total` is 0 where that is not known. */
export type Progress = (done: number, total: number, phase: string) => void;
