interface Waiting<T> {
  readonly resolve: (item: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Delivers items by key to those who wait for them, whether the item or the wait comes first. */
export class Mailbox<K, T> {
  readonly #arrived = new Map<K, T>();
  readonly #waiting = new Map<K, Waiting<T>>();
  #closed: { readonly reason: unknown } | undefined;

  /** Delivers an item, or keeps it until somebody takes it. */
  put(key: K, item: T): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (waiting === undefined) this.#arrived.set(key, item);
    else waiting.resolve(item);
  }

  /** Removes and returns the item of a key, waiting until it arrives. */
  take(key: K): Promise<T> {
    return new Promise((resolve, reject) => {
      const item = this.#arrived.get(key);
      if (this.#closed) reject(this.#closed.reason);
      else if (item === undefined) this.#waiting.set(key, { resolve, reject });
      else {
        this.#arrived.delete(key);
        resolve(item);
      }
    });
  }

  /** Closes the mailbox: rejects everybody who waits, now or later, with `reason`. */
  close(reason: unknown): void {
    this.#closed ??= { reason };
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
    this.#arrived.clear();
  }
}
