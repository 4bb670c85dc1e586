import progress from 'cli-progress';
import { formatTime } from './format-values.ts';

/** Tells how far a phase of an evaluation is; `total` is 0 where that is not known. */
export type TrainingProgress = (done: number, total: number, phase: string) => void;

/** Something that shows progress until it is stopped. */
export interface ProgressView {
  readonly show: TrainingProgress;
  stop(): void;
}

/** Shorter evaluations are over before a bar could be read: milliseconds. */
const PATIENCE = 1000;

/** A bar on a terminal; a line for each phase elsewhere. */
export function watch(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function lines(stream: NodeJS.WriteStream): ProgressView {
  let last = '';
  return {
    show: (_done, _total, phase) => {
      if (phase !== last) stream.write(`${phase} …\n`);
      last = phase;
    },
    stop: () => {},
  };
}

function bar(stream: NodeJS.WriteStream): ProgressView {
  const format = '{phase} [{bar}] {percentage}% · {duration_formatted}{left}';
  const made = new progress.SingleBar({ stream, format, clearOnComplete: true, hideCursor: true });
  const start = setTimeout(() => made.start(1, 0, { phase: 'preparing', left: '' }), PATIENCE);
  let begin = { phase: '', done: 0, at: 0 };
  return {
    show: (done, total, phase) => {
      const at = performance.now();
      if (phase !== begin.phase) begin = { phase, done, at };
      // As fast as this phase has gone so far.
      const left = ((at - begin.at) * (total - done)) / (done - begin.done);
      made.setTotal(Math.max(total, 1));
      made.update(done, { phase, left: left > 0 ? ` · ${formatTime(left)} left` : '' });
    },
    stop: () => {
      clearTimeout(start);
      made.stop();
    },
  };
}
