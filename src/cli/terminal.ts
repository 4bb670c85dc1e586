import { ShoalError } from '../errors/shoal-error.ts';
import { reasonOf } from '../platform/system-errors.ts';
import { nextTurn } from '../platform/time.ts';

/** Whether to color a stream's text: on terminals, unless NO_COLOR or FORCE_COLOR decide. */
export function supportsColor(
  stream: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/**
 * Handles errors of the output streams. A closed pipe, as by `head`, is not a failure. Any other
 * error, such as a full disk, sets exit status 3.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      process.exitCode = 3;
      if (stream === process.stdout) {
        process.stderr.write(`shoal: cannot write to standard output: ${reasonOf(error)}\n`);
      }
    });
  }
}

/** The signals by which people, terminals and systems ask a process to end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Returns a signal that is aborted, with a {@link ShoalError}, when the process is asked to end. If
 * it is asked again, it ends at once.
 *
 * @param cleanUp called before it ends at once
 */
export function untilInterrupted(cleanUp: () => void): {
  readonly signal: AbortSignal;
  stop(): void;
} {
  const controller = new AbortController();
  const stop = () => {
    for (const signal of ENDING) process.off(signal, interrupt);
  };
  const interrupt = (signal: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      controller.abort(new ShoalError('interrupted', 'interrupted'));
      return;
    }
    cleanUp();
    stop();
    process.kill(process.pid, signal);
  };
  for (const signal of ENDING) process.on(signal, interrupt);
  return { signal: controller.signal, stop };
}

/** Runs an action to its end. A process signal that arrives meanwhile takes effect afterwards. */
export async function withoutInterruption(action: () => void): Promise<void> {
  let received: NodeJS.Signals | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    received = signal;
  };
  for (const signal of ENDING) process.on(signal, listener);
  try {
    action();
    // Node delivers signals between two turns, and may have passed that point in this turn.
    await nextTurn();
    await nextTurn();
  } finally {
    for (const signal of ENDING) process.off(signal, listener);
    if (received) process.kill(process.pid, received);
  }
}
