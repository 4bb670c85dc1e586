import { failureOutcome } from './failure.ts';
import type { Job, Outcome, Progress, Result, View } from './job.ts';

/** Does a job. Never throws: what goes wrong is an outcome too. */
export async function runJob(job: Job, view: View, progress: Progress): Promise<Outcome> {
  try {
    return finish(await start(job, progress), view);
  } catch (error) {
    return failureOutcome(error, view);
  }
}

/** Only what a command needs is loaded. */
async function start(job: Job, progress: Progress): Promise<Result> {
  switch (job.command) {
    case 'check':
      return (await import('./check.ts')).check(job);
    case 'report':
      return (await import('./report.ts')).report(job, progress);
    case 'explain':
      return (await import('./explain.ts')).explain(job);
    case 'explore':
      return (await import('./explore.ts')).explore(job);
    case 'compile':
      return (await import('./compile.ts')).compile(job, progress);
    case 'eval':
      return (await import('./eval.ts')).evaluate(job, progress);
    case 'debug':
      return (await import('./debug.ts')).debug(job, progress);
    case 'verify':
      return (await import('./verify.ts')).verify(job);
    case 'calibrate':
      return (await import('./calibrate.ts')).calibrate(job, progress);
    case 'fmt':
      return (await import('./fmt.ts')).fmt(job);
  }
}

function finish(result: Result, view: View): Outcome {
  const { status, files = [] } = result;
  if (view.json) {
    return { status, stdout: `${JSON.stringify(result.json, null, 2)}\n`, stderr: '', files };
  }
  const { out, err } = view.color;
  const notes = view.quiet ? '' : (result.notes?.(err) ?? '');
  const stderr = notes + (result.errors?.(err) ?? '');
  return { status, stdout: result.text(out), stderr, files };
}
