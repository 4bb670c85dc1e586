import { ShoalError } from '../errors/shoal-error.ts';
import { nextTurn } from '../platform/time.ts';

/** Whether a stream takes colors: terminals do, unless NO_COLOR or FORCE_COLOR say otherwise. */
export function supportsColor(
  stream: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** A reader that has seen enough, such as `head`, is no failure; a full disk is, with status 3. */
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

/** A signal that is aborted, with a {@link ShoalError}, when the user or the system wants an end. */
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

/** Does something at once; a signal that comes meanwhile ends the process as soon as it is done. */
export async function withoutInterruption(action: () => void): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let heard: NodeJS.Signals | undefined;
  const hear = (signal: NodeJS.Signals): void => {
    heard = signal;
  };
  for (const signal of signals) process.on(signal, hear);
  try {
    action();
    // Node tells of signals between two turns, and this one may be over that place.
    await nextTurn();
    await nextTurn();
  } finally {
    for (const signal of signals) process.off(signal, hear);
    if (heard) process.kill(process.pid, heard);
  }
}
