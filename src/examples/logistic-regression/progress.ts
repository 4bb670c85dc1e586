import progress from 'cli-progress';

/** Tells how far a phase of an evaluation is; `total` is 0 where that is not known. */
export type Progress = (done: number, total: number, phase: string) => void;

/** Something that shows progress until it is stopped. */
export interface ProgressView {
  readonly show: Progress;
  stop(): void;
}

/** Shorter evaluations are over before a bar could be read: milliseconds. */
const patience = 1000;

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
  const format = '{phase} [{bar}] {percentage}% · {duration_formatted}';
  const made = new progress.SingleBar({ stream, format, clearOnComplete: true, hideCursor: true });
  const start = setTimeout(() => made.start(1, 0, { phase: 'preparing' }), patience);
  return {
    show: (done, total, phase) => {
      made.setTotal(Math.max(total, 1));
      made.update(done, { phase });
    },
    stop: () => {
      clearTimeout(start);
      made.stop();
    },
  };
}
