import type { Random } from './random.ts';

/** What came of an attack. */
export interface Finding {
  /** Whether the hostile input was accepted. Refusing it is just as right. */
  readonly accepted: boolean;
  /** What must never happen; empty if all is well. */
  readonly complaints: readonly string[];
}

/** One hostile input, and what is done with it. */
export interface Attack {
  /** The input, by file name, which shows what went wrong. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  run(): Promise<Finding>;
}

/** A kind of attack. The same random numbers make the same attack. */
export interface AttackKind {
  readonly name: string;
  /** Its cases for each mutated case of the command's `--count`. */
  readonly share: number;
  /** @param directory where it may write files, which are removed at the end */
  make(random: Random, directory: string): Promise<Attack>;
}
