import type { SingleBar } from 'cli-progress';

/** Shorter computations are over before a bar could be read. */
const PATIENCE = 1000;

/**
 * A progress bar on a terminal, which appears once a computation turns out to be long. It is drawn anew
 * by itself, so that it lives also while nothing is reported, such as while tables are built.
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
    this.#timer = setTimeout(() => void this.#start(), PATIENCE);
  }

  show(done: number, total: number, phase: string): void {
    const left = this.#speed.timeLeft(done, total, phase, performance.now());
    this.#bar?.setTotal(Math.max(total, 1));
    const shown = left === undefined ? '' : ` · ${this.#formatTime(left)} left`;
    this.#bar?.update(done, { phase, left: shown });
  }

  /** Takes the bar away. */
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

/** Estimates the time left from how fast a phase has gone so far. */
export class Speed {
  #phase = '';
  #start = { done: 0, at: 0 };

  /**
   * @param at when this much was done, in milliseconds from any start
   * @returns milliseconds; undefined where there is nothing to go by
   */
  timeLeft(done: number, total: number, phase: string, at: number): number | undefined {
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#start = { done, at };
    }
    const { done: before, at: begin } = this.#start;
    return done > before ? ((at - begin) * (total - done)) / (done - before) : undefined;
  }
}
