import { lookUp } from '../lookup.ts';

/** From one batch to the next SEAL's pool grows by this factor, rounded up: 1, 2, 3, … 20, 21, 23, … */
const BATCH_GROWTH = 1.05;

/** Objects that SEAL's memory pool has room for once `count` of one size were there at a time. */
export function pooledCount(count: number): number {
  let total = 0;
  for (let batch = 1; total < count; batch = Math.ceil(BATCH_GROWTH * batch)) total += batch;
  return total;
}

/**
 * What SEAL's memory pool grows to. It takes memory for objects of each size by itself, in batches, and keeps
 * what is given back for objects of the very same size. So it ends up with the most that there was of each
 * size, whenever that was.
 */
export class MemoryPool {
  readonly #live = new Map<number, number>();
  readonly #peaks = new Map<number, number>();

  /** An object of a size; 0 is none. */
  take(size: number): void {
    const live = (this.#live.get(size) ?? 0) + 1;
    this.#live.set(size, live);
    if (live > (this.#peaks.get(size) ?? 0)) this.#peaks.set(size, live);
  }

  give(size: number): void {
    this.#live.set(size, lookUp(this.#live, size) - 1);
  }

  /** Objects that are there only for a while, all at a time. */
  borrow(sizes: readonly number[]): void {
    for (const size of sizes) this.take(size);
    for (const size of sizes) this.give(size);
  }

  /** All it has taken so far, in the unit of the sizes. */
  get total(): number {
    let total = 0;
    for (const [size, peak] of this.#peaks) total += size * pooledCount(peak);
    return total;
  }
}

/**
 * Key switching decomposes a polynomial, and sums products with the key modulo one prime more, in 128
 * bits for one prime at a time. Sizes are in polynomials modulo one prime.
 */
export function switchingTemporaries(primes: number): readonly number[] {
  return [primes, 2 * (primes + 1), 4, 1, 1];
}
