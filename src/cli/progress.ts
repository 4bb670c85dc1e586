import type { SingleBar } from 'cli-progress';

/** Shorter computations are over before a bar could be read. */
const patience = 1000;

/**
 * A progress bar on a terminal, which appears once a computation turns out to be long. It is drawn anew
 * by itself, so that it lives also while nothing is reported, such as during key generation.
 */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout;
  #bar: SingleBar | undefined;
  #stopped = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#timer = setTimeout(() => void this.#start(), patience);
  }

  show(done: number, total: number, phase: string): void {
    this.#bar?.setTotal(Math.max(total, 1));
    this.#bar?.update(done, { phase });
  }

  /** Takes the bar away. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#bar?.stop();
  }

  async #start(): Promise<void> {
    const { default: progress } = await import('cli-progress');
    if (this.#stopped) return;
    this.#bar = new progress.SingleBar({
      stream: this.#stream,
      format: '{phase} [{bar}] {percentage}% · {duration_formatted}',
      clearOnComplete: true,
      hideCursor: true,
    });
    this.#bar.start(1, 0, { phase: 'preparing' });
  }
}
