import type { Outcome } from '../../src/cli/job.ts';
import { watchOutput } from '../../src/cli/terminal.ts';

/** Prints what a command has to say, and sets the exit status. */
export function print({ status, stdout, stderr }: Outcome): void {
  watchOutput();
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  process.exitCode = status;
}
