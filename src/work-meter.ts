/**
 * Thrown when a compilation takes more work or memory than it may. The message is a predicate, such
 * as "examines more than 10 operations".
 */
export class WorkExceeded extends Error {
  override readonly name = 'WorkExceeded';
}

/**
 * Counts the operations that a compilation examines, by task, and ends it at a limit. It reads no
 * clock, so the same text and options end at the same operation on every machine.
 */
export class WorkMeter {
  #limit: number;
  readonly #byTask = new Map<string, number>();
  #spent = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a task of this many operations stays within the limit. */
  affords(operations: number): boolean {
    return this.#spent + operations <= this.#limit;
  }

  /** The operations of all tasks so far. */
  get spent(): number {
    return this.#spent;
  }

  /**
   * Adds the operations that a task examines or is about to examine.
   *
   * @throws WorkExceeded if all tasks together now exceed the limit
   */
  spend(task: string, operations: number): void {
    this.#spent += operations;
    this.#byTask.set(task, (this.#byTask.get(task) ?? 0) + operations);
    if (this.#spent > this.#limit)
      throw new WorkExceeded(`examines more than ${this.#limit} operations`);
  }

  /**
   * Runs an action that may spend a number of operations, or what is left if that is less.
   *
   * @throws WorkExceeded if the action needs more
   */
  within<T>(operations: number, action: () => T): T {
    const whole = this.#limit;
    this.#limit = Math.min(whole, this.#spent + operations);
    try {
      return action();
    } finally {
      this.#limit = whole;
    }
  }

  /** Returns the share of each task in all work, the largest first. */
  shares(): readonly { readonly task: string; readonly share: number }[] {
    const all = [...this.#byTask].sort((a, b) => b[1] - a[1]);
    return all.map(([task, operations]) => ({ task, share: operations / this.#spent }));
  }
}
