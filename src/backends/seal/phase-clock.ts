import { now } from '../../platform/time.ts';
import type { Phase, Timings } from '../evaluation.ts';

/** A clock that adds up wall-clock time by phase, in ms. */
export class Clock {
  readonly #spent = { setup: 0, keygen: 0, encrypt: 0, evaluate: 0, decrypt: 0 };

  /** Runs an action and adds its time to a phase. */
  time<T>(phase: Phase, action: () => T): T {
    const start = now();
    try {
      return action();
    } finally {
      this.#spent[phase] += now() - start;
    }
  }

  /** Awaits an action and adds its time to a phase. */
  async timeAsync<T>(phase: Phase, action: () => Promise<T>): Promise<T> {
    const start = now();
    try {
      return await action();
    } finally {
      this.#spent[phase] += now() - start;
    }
  }

  /** Returns the time of all phases so far. */
  timings(): Timings {
    return { ...this.#spent };
  }
}
