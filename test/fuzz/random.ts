import { createHash } from 'node:crypto';
import { defined } from '../../src/lookup.ts';

/** A sequence of random numbers that its seed determines. */
export class Random {
  #state: bigint;

  /** @param seed any words, such as a number and the name of a kind */
  constructor(...seed: readonly (string | number)[]) {
    this.#state = createHash('sha256').update(seed.join(' ')).digest().readBigUInt64LE();
  }

  /** Returns a number from 0 up to a limit, without the limit (Knuth's MMIX generator). */
  below(limit: number): number {
    this.#state = BigInt.asUintN(64, this.#state * 6364136223846793005n + 1442695040888963407n);
    return Number((this.#state >> 33n) % BigInt(limit));
  }

  /** Whether something happens that happens once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return defined(list[this.below(list.length)]);
  }

  /** Returns a number from 1 to `most`; small ones are as frequent as large ones. */
  size(most: number): number {
    return 1 + this.below(2 ** this.below(1 + Math.ceil(Math.log2(most))));
  }
}
