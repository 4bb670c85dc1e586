import { lookUp } from '../lookup.ts';

/** Factor by which batches of SEAL's pool grow, rounded up: 1, 2, 3, … 20, 21, 23, … */
const BATCH_GROWTH = 1.05;

/**
 * Returns how many objects SEAL's memory pool has allocated once `count` of one size have existed
 * at a time.
 */
export function pooledCount(count: number): number {
  let total = 0;
  for (let batch = 1; total < count; batch = Math.ceil(BATCH_GROWTH * batch)) total += batch;
  return total;
}

/**
 * Simulates the growth of SEAL's memory pool. The pool allocates objects of each size separately,
 * in batches, and reuses freed memory only for objects of exactly the same size. So its final size
 * is determined by the largest number of objects of each size, whenever that occurred.
 */
export class MemoryPool {
  readonly #live = new Map<number, number>();
  readonly #peaks = new Map<number, number>();

  /** Allocates an object of a size; an object of size 0 takes nothing. */
  take(size: number): void {
    const live = (this.#live.get(size) ?? 0) + 1;
    this.#live.set(size, live);
    if (live > (this.#peaks.get(size) ?? 0)) this.#peaks.set(size, live);
  }

  give(size: number): void {
    this.#live.set(size, lookUp(this.#live, size) - 1);
  }

  /** Allocates temporary objects, all at a time, and frees them. */
  borrow(sizes: readonly number[]): void {
    for (const size of sizes) this.take(size);
    for (const size of sizes) this.give(size);
  }

  /** All memory that the pool has allocated, in the unit of the sizes. */
  get total(): number {
    let total = 0;
    for (const [size, peak] of this.#peaks) total += size * pooledCount(peak);
    return total;
  }
}

/**
 * Returns the sizes of key switching's temporaries, in polynomials modulo one prime. Key switching
 * decomposes a polynomial. It sums products with the key modulo one more prime, in 128 bits for one
 * prime at a time.
 */
export function switchingTemporaries(primes: number): readonly number[] {
  return [primes, 2 * (primes + 1), 4, 1, 1];
}
