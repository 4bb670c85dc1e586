import { commandNamed, type Job } from './commands.ts';
import { failureOutcome } from './failure.ts';
import type { OnTemporary, Outcome, Progress, Result, View } from './outcome.ts';

/** Does a job. Never throws: what goes wrong is an outcome too. */
export async function runJob(
  { command, task }: Job,
  view: View,
  progress: Progress,
  onTemporary: OnTemporary = () => {},
): Promise<Outcome> {
  try {
    return finish(await commandNamed(command).run(task, progress, onTemporary), view);
  } catch (error) {
    return failureOutcome(error, view);
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
