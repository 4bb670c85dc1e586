interface Waiting<T> {
  readonly resolve: (item: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Brings together what arrives and who waits for it, by key, whichever comes first. */
export class Mailbox<K, T> {
  readonly #arrived = new Map<K, T>();
  readonly #waiting = new Map<K, Waiting<T>>();
  #closed: { readonly reason: unknown } | undefined;

  put(key: K, item: T): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (waiting === undefined) this.#arrived.set(key, item);
    else waiting.resolve(item);
  }

  /** What has arrived, or will arrive, under a key; it is taken out. */
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

  /** Nothing is to be had any more: whoever waits, now or later, is told why. */
  close(reason: unknown): void {
    this.#closed ??= { reason };
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
    this.#arrived.clear();
  }
}
