import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A plausible human error: a text of the source, and what somebody might write in its place. */
export interface Mutant {
  readonly id: string;
  /** The path of the file in the repository. */
  readonly file: string;
  /** The text, which occurs once in the file. */
  readonly text: string;
  readonly wrong: string;
  /** What the error breaks. */
  readonly promise: string;
  /** The paths of the test files that notice it. */
  readonly tests: readonly string[];
  /** Whether only tests beyond those of `npm test` notice it. */
  readonly beyond?: boolean;
  /** Why nothing can notice it. Such a mutant is not run. */
  readonly equivalent?: string;
}

/** Returns a complaint if the text of a mutant does not occur exactly once in its file. */
export function missingText(root: string, { id, file, text }: Mutant): string | undefined {
  const count = readFileSync(join(root, file), 'utf8').split(text).length - 1;
  if (count === 1) return undefined;
  return `${id}: ${file} has the text ${count} times, not once: ${text}`;
}

/** Returns a source with the error of a mutant in it. */
export function withError(source: string, { text, wrong }: Mutant): string {
  return source.replace(text, () => wrong);
}
