import { now } from '../../platform/time.ts';
import type { Phase, Timings } from '../evaluation.ts';

/** Adds up wall-clock ms by phase. */
export class Clock {
  readonly #spent = { setup: 0, keygen: 0, encrypt: 0, evaluate: 0, decrypt: 0 };

  time<T>(phase: Phase, action: () => T): T {
    const start = now();
    try {
      return action();
    } finally {
      this.#spent[phase] += now() - start;
    }
  }

  async timeAsync<T>(phase: Phase, action: () => Promise<T>): Promise<T> {
    const start = now();
    try {
      return await action();
    } finally {
      this.#spent[phase] += now() - start;
    }
  }

  timings(): Timings {
    return { ...this.#spent };
  }
}
