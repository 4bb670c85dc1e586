import type { SingleBar } from 'cli-progress';

/** Time before the bar appears, in ms; shorter computations need no bar. */
const DELAY = 1000;

/**
 * A progress bar on a terminal, which appears when a computation takes long. It redraws itself at
 * intervals, so that the time advances even while no progress is reported.
 */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout;
  readonly #speed = new Speed();
  #bar: SingleBar | undefined;
  #formatTime: (ms: number) => string = String;
  #stopped = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#timer = setTimeout(() => void this.#start(), DELAY);
  }

  show(done: number, total: number, phase: string): void {
    const left = this.#speed.timeLeft(done, total, phase, performance.now());
    this.#bar?.setTotal(Math.max(total, 1));
    const shown = left === undefined ? '' : ` · ${this.#formatTime(left)} left`;
    this.#bar?.update(done, { phase, left: shown });
  }

  /** Removes the bar. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#bar?.stop();
  }

  async #start(): Promise<void> {
    const [{ default: progress }, { showTime: formatTime }] = await Promise.all([
      import('cli-progress'),
      import('../report/show-values.ts'),
    ]);
    if (this.#stopped) return;
    this.#formatTime = formatTime;
    this.#bar = new progress.SingleBar({
      stream: this.#stream,
      format: '{phase} [{bar}] {percentage}% · {duration_formatted}{left}',
      clearOnComplete: true,
      hideCursor: true,
    });
    this.#bar.start(1, 0, { phase: 'preparing', left: '' });
  }
}

/** An estimate of the time that a phase has left, from its speed so far. */
export class Speed {
  #phase = '';
  #start = { done: 0, time: 0 };

  /**
   * @param time when `done` was reached, in ms on any clock
   * @returns the time left in ms; undefined without progress in this phase
   */
  timeLeft(done: number, total: number, phase: string, time: number): number | undefined {
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#start = { done, time };
    }
    const { done: before, time: begin } = this.#start;
    return done > before ? ((time - begin) * (total - done)) / (done - before) : undefined;
  }
}
