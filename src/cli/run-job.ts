import type { PrintedText } from './command-line.ts';
import { commandNamed, type Job } from './commands.ts';
import { failureOutcome } from './failure.ts';
import type { DisplayOptions, OnTemporary, Outcome, Progress, Result } from './outcome.ts';

/** Runs a job. Never throws: an error becomes an outcome, too. */
export async function runJob(
  { command, task }: Job,
  view: DisplayOptions,
  progress: Progress,
  onTemporary: OnTemporary = () => {},
): Promise<Outcome> {
  try {
    const spec = commandNamed(command);
    return finish(await spec.run(task, progress, onTemporary, spec.reads(task)), view);
  } catch (error) {
    return failureOutcome(error, view);
  }
}

/** Returns a requested text, such as help, as an outcome. */
export async function printed({ text, appendix }: PrintedText): Promise<Outcome> {
  return { status: 0, stdout: text + ((await appendix?.()) ?? ''), stderr: '', files: [] };
}

function finish(result: Result, view: DisplayOptions): Outcome {
  const { status, circuits = '', bytes, files = [] } = result;
  if (view.json) {
    return { status, stdout: `${JSON.stringify(result.json, null, 2)}\n`, stderr: circuits, files };
  }
  const { out, err } = view.color;
  const text = result.text(bytes ? err : out);
  const notes = view.quiet ? '' : (bytes ? text : '') + (result.notes?.(err) ?? '');
  const messages = notes + (result.errors?.(err) ?? '');
  const stderr = [circuits, messages].filter((text) => text !== '').join('\n');
  return bytes
    ? { status, stdout: '', bytes, stderr, files }
    : { status, stdout: text, stderr, files };
}
