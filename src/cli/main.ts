import { failureOutcome } from './failure.ts';
import type { Job, Outcome, View } from './job.ts';
import { parseArguments } from './program.ts';
import { ProgressBar } from './progress.ts';
import { printText, runJob } from './run.ts';
import { supportsColor, untilInterrupted, watchOutput } from './terminal.ts';
import { runInWorker } from './watched.ts';
import { writeFiles } from './write.ts';

/** Commands that are done at once; others get a worker, so that they can be watched and interrupted. */
const immediate: ReadonlySet<Job['command']> = new Set(['check', 'fmt']);

/** The command line: does what the arguments say, prints, sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  watchOutput();
  const view = viewOf(argv);
  const outcome = await doneWith(argv, view).catch((error) => failureOutcome(error, view));
  process.stderr.write(outcome.stderr);
  process.stdout.write(outcome.stdout);
  process.exitCode ??= outcome.status;
}

async function doneWith(argv: readonly string[], view: View): Promise<Outcome> {
  const request = parseArguments(argv);
  if ('text' in request) return printText(request.text);
  const { job } = request;
  const outcome = immediate.has(job.command)
    ? await runJob(job, view, () => {})
    : await watch(job, view);
  await writeFiles(outcome.files);
  return outcome;
}

/** Does a job in a worker, with a progress bar if anybody sees it, until it is done or interrupted. */
async function watch(job: Job, view: View): Promise<Outcome> {
  const watched = process.stderr.isTTY && !view.quiet && !view.json;
  const bar = watched ? new ProgressBar(process.stderr) : undefined;
  const interruption = untilInterrupted();
  try {
    return await runInWorker(job, view, {
      signal: interruption.signal,
      ...(bar ? { progress: (...at) => bar.show(...at) } : {}),
    });
  } finally {
    interruption.stop();
    bar?.stop();
  }
}

/** Read off the arguments, for they may turn out not to be understood otherwise. */
function viewOf(argv: readonly string[]): View {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const json = options.includes('--json');
  return {
    json,
    quiet: options.includes('--quiet') || options.includes('-q'),
    color: {
      out: !json && supportsColor(process.stdout),
      err: !json && supportsColor(process.stderr),
    },
  };
}
