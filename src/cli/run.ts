import { failureOutcome } from './failure.ts';
import type { Job, OnTemporary, Outcome, Progress, Result, View } from './job.ts';

/** Does a job. Never throws: what goes wrong is an outcome too. */
export async function runJob(
  job: Job,
  view: View,
  progress: Progress,
  onTemporary: OnTemporary = () => {},
): Promise<Outcome> {
  try {
    return finish(await start(job, progress, onTemporary), view);
  } catch (error) {
    return failureOutcome(error, view);
  }
}

/** Prints a text. Passes are loaded only where it is the help of a command that takes some: it lists them then. */
export async function printText(text: string): Promise<Outcome> {
  const takesPasses = text.includes('--passes <');
  const list = takesPasses ? (await import('../render/passes-text.ts')).passesHelp() : '';
  return { status: 0, stdout: text + list, stderr: '', files: [] };
}

/** Only what a command needs is loaded. */
async function start(job: Job, progress: Progress, onTemporary: OnTemporary): Promise<Result> {
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
    case 'keygen':
      return (await import('./keygen.ts')).generate(job, progress, onTemporary);
    case 'encrypt':
      return (await import('./encrypt.ts')).upload(job, progress, onTemporary);
    case 'serve':
      return (await import('./serve.ts')).serve(job, progress, onTemporary);
    case 'decrypt':
      return (await import('./decrypt.ts')).open(job, progress);
    case 'inspect':
      return (await import('./inspect.ts')).inspect(job, progress);
    case 'fmt':
      return (await import('./fmt.ts')).fmt(job);
  }
}

function finish(result: Result, view: View): Outcome {
  const { status, steps = '', files = [] } = result;
  if (view.json) {
    return { status, stdout: `${JSON.stringify(result.json, null, 2)}\n`, stderr: steps, files };
  }
  const { out, err } = view.color;
  const notes = view.quiet ? '' : (result.notes?.(err) ?? '');
  const told = notes + (result.errors?.(err) ?? '');
  const stderr = [steps, told].filter((text) => text !== '').join('\n');
  return { status, stdout: result.text(out), stderr, files };
}
