import { ShoalError } from '../../index.ts';

/** Does something with a signal that is aborted when the user or the system wants an end. */
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
