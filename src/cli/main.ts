import { removeFile } from '../platform/files.ts';
import { parseArguments, readOutput } from './command-line.ts';
import { commandNamed, type Job } from './commands.ts';
import { failureOutcome } from './failure.ts';
import type { DisplayOptions, Outcome } from './outcome.ts';
import { printed } from './run-job.ts';
import { supportsColor, untilInterrupted, watchOutput } from './terminal.ts';

/** Runs a command line: carries it out, prints the outcome and sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  watchOutput();
  const view = viewOf(argv);
  const outcome = await outcomeOf(argv, view).catch((error) => failureOutcome(error, view));
  process.stderr.write(outcome.stderr);
  process.stdout.write(outcome.bytes ?? outcome.stdout);
  process.exitCode ??= outcome.status;
}

async function outcomeOf(argv: readonly string[], view: DisplayOptions): Promise<Outcome> {
  const request = parseArguments(argv);
  if ('text' in request) return printed(request);
  const { job } = request;
  const outcome = await runWatched(job, view);
  if (outcome.files.length > 0) {
    const { writeFiles } = await import('./write-files.ts');
    await writeFiles(outcome.files, commandNamed(job.command).reads(job.task));
  }
  return outcome;
}

/**
 * Runs a job in a worker until it ends or is interrupted. Shows a progress bar on terminals. Only
 * a worker can be ended, and can run out of memory without ending the process.
 */
async function runWatched(job: Job, view: DisplayOptions): Promise<Outcome> {
  const [{ ProgressBar }, { runInWorker }] = await Promise.all([
    import('./progress-bar.ts'),
    import('./watched-job.ts'),
  ]);
  const watched = process.stderr.isTTY && !view.quiet && !view.json;
  const bar = watched ? new ProgressBar(process.stderr) : undefined;
  const temporaries: string[] = [];
  const interruption = untilInterrupted(() => temporaries.forEach(removeFile));
  try {
    return await runInWorker(job, view, {
      signal: interruption.signal,
      temporaries,
      ...(bar ? { progress: (...at) => bar.show(...at) } : {}),
    });
  } finally {
    interruption.stop();
    bar?.stop();
  }
}

function viewOf(argv: readonly string[]): DisplayOptions {
  const { json, quiet } = readOutput(argv);
  return {
    json,
    quiet,
    color: {
      out: !json && supportsColor(process.stdout),
      err: !json && supportsColor(process.stderr),
    },
  };
}
