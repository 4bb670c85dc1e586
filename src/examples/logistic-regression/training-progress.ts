import progress from 'cli-progress';
import { formatTime } from './format-values.ts';

/** A callback for the progress of a phase. `total` is 0 if it is not known. */
export type TrainingProgress = (done: number, total: number, phase: string) => void;

/** A view that shows progress until it is stopped. */
export interface ProgressView {
  readonly show: TrainingProgress;
  stop(): void;
}

/** Milliseconds before the bar appears, because short evaluations need none. */
const BAR_DELAY = 1000;

/** Shows progress as a bar on a terminal, or as a line for each phase elsewhere. */
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
  const view = new progress.SingleBar({ stream, format, clearOnComplete: true, hideCursor: true });
  const start = setTimeout(() => view.start(1, 0, { phase: 'preparing', left: '' }), BAR_DELAY);
  let begin = { phase: '', done: 0, at: 0 };
  return {
    show: (done, total, phase) => {
      const at = performance.now();
      if (phase !== begin.phase) begin = { phase, done, at };
      // The estimate assumes the speed of this phase so far.
      const left = ((at - begin.at) * (total - done)) / (done - begin.done);
      view.setTotal(Math.max(total, 1));
      view.update(done, { phase, left: left > 0 ? ` · ${formatTime(left)} left` : '' });
    },
    stop: () => {
      clearTimeout(start);
      view.stop();
    },
  };
}
