import { ShoalError } from '../../index.ts';

/** Runs an action with a signal that aborts on SIGINT or SIGTERM. */
export async function whileNotInterrupted<T>(
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new ShoalError('interrupted', 'interrupted'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await action(controller.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
