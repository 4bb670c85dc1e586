import type { RunOutcome } from './run-outcome.ts';

/** Prints the output of a command and sets the exit status. */
export function printResult({ status, stdout, stderr }: RunOutcome): void {
  // A reader that stops early, such as `head`, is not a failure; a full disk is.
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.exitCode = 3;
    process.stderr.write(`cannot write to standard output: ${message}\n`);
  });
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  process.exitCode = status;
}
