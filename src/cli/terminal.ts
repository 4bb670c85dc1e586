import { ShoalError } from '../errors/shoal-error.ts';
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
        process.stderr.write(`shoal: cannot write to standard output: ${error.message}\n`);
      }
    });
  }
}

/** Returns a signal that is aborted, with a {@link ShoalError}, on SIGINT or SIGTERM. */
export function untilInterrupted(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new ShoalError('interrupted', 'interrupted'));
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    stop: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}

/** Runs an action to its end. A process signal that arrives meanwhile takes effect afterwards. */
export async function withoutInterruption(action: () => void): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let received: NodeJS.Signals | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    received = signal;
  };
  for (const signal of signals) process.on(signal, listener);
  try {
    action();
    // Node delivers signals between two turns, and may have passed that point in this turn.
    await nextTurn();
    await nextTurn();
  } finally {
    for (const signal of signals) process.off(signal, listener);
    if (received) process.kill(process.pid, received);
  }
}
