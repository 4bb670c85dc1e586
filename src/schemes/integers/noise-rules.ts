import { at } from '../../lookup.ts';
import type { IntegerCipherOp, IntegerSketch } from '../../plan/plan.ts';
import { uniformClears } from '../../plan/uniform-clears.ts';
import { centered, integersModulo, type Modular } from '../../tensor/modular.ts';
import {
  type ModulusChain,
  type NoiseGrowth,
  type NoiseSize,
  noiseGrowth,
  plainNorm,
} from './noise-growth.ts';

/** The properties of a ciphertext that its noise depends on. */
export interface NoisyCipher {
  readonly level: number;
  readonly noise: NoiseSize;
  /** The number of polynomials. */
  readonly size: 2 | 3;
  /**
   * The factor modulo t that BGV's values are multiplied by. Each modulus switch multiplies it by
   * 1/q.
   */
  readonly correction: number;
}

/** Operations whose noise is computed. */
type Operations = Pick<IntegerSketch, 'ops' | 'slots' | 'encoding' | 'batchable'>;

/** The facts about operations that do not depend on parameters. */
export interface NoiseAnalysis extends Operations {
  readonly ring: Modular;
  /** 1 for clear values that have the same number in all slots, whatever the inputs. */
  readonly uniform: Uint8Array;
}

/** Analyzes operations once for all parameters. */
export function analyzeNoise(operations: Operations, plainModulus: number): NoiseAnalysis {
  const { ops, slots, encoding, batchable } = operations;
  const ring = integersModulo(plainModulus);
  return { ops, slots, encoding, batchable, ring, uniform: uniformClears(operations) };
}

/**
 * Computes the noise of each operation's result from that of its operands, under some parameters.
 */
export class NoiseRules {
  /** A fresh encryption, at the top level. */
  readonly fresh: NoisyCipher;
  readonly #analysis: NoiseAnalysis;
  readonly #chain: ModulusChain;
  readonly #noise: NoiseGrowth;
  /** 1/q modulo t for the prime q of each level from 1 on. */
  readonly #inverses: readonly number[];

  /**
   * @param chain sizes of the primes
   * @param primes the primes of the base and of the levels, for their residues modulo t
   */
  constructor(analysis: NoiseAnalysis, chain: ModulusChain, primes: readonly bigint[]) {
    this.#analysis = analysis;
    this.#chain = chain;
    this.#noise = noiseGrowth(chain);
    const t = BigInt(chain.plainModulus);
    this.#inverses = primes.slice(chain.basePrimes).map((q) => analysis.ring.invert(Number(q % t)));
    const level = chain.primeBits.length - chain.basePrimes;
    this.fresh = { level, noise: this.#noise.fresh, size: 2, correction: 1 };
  }

  /**
   * Returns the remaining bits of noise budget as SEAL measures it: at 0 or less, decryption may be
   * wrong.
   */
  budget({ noise, level }: NoisyCipher): number {
    return this.#noise.budget(noise, level);
  }

  /**
   * Returns the bits of the modulus above the noise of a product whose factors are switched to a
   * level first.
   */
  roomOfProduct(a: NoisyCipher, b: NoisyCipher, level: number): number {
    const product = this.#noise.mul(this.#noiseAt(a, level), this.#noiseAt(b, level));
    return this.#noise.room(product, level);
  }

  /** Returns the same value switched to a level that is not higher. */
  switched(cipher: NoisyCipher, level: number): NoisyCipher {
    const correction = this.#inverses
      .slice(level, cipher.level)
      .reduce(this.#analysis.ring.multiply, cipher.correction);
    return { level, noise: this.#noiseAt(cipher, level), size: cipher.size, correction };
  }

  /**
   * Returns the result of an operation.
   *
   * @param op an operation whose clear operands are among the operations analyzed
   * @param ciphers its encrypted operands, at the level of the result; those of a modulus switch
   *   may be higher
   */
  result(
    op: Exclude<IntegerCipherOp, { op: 'upload' }>,
    ciphers: readonly NoisyCipher[],
  ): NoisyCipher {
    const [a, b = a] = ciphers as [NoisyCipher, NoisyCipher?];
    switch (op.op) {
      case 'add':
      case 'sub':
        return this.#sum(a, b);
      case 'gather':
        return ciphers
          .slice(1)
          .reduce((x, y) => this.#sum(x, y), { ...a, noise: this.#noise.addPlain(a.noise) });
      case 'addPlain':
      case 'subPlain':
        return { ...a, noise: this.#noise.addPlain(a.noise) };
      case 'mulPlain':
        return { ...a, noise: this.#noise.mulPlain(a.noise, this.#normOf(op.args[1])) };
      case 'mul': {
        const { multiply } = this.#analysis.ring;
        const correction = multiply(a.correction, b.correction);
        return { ...a, noise: this.#noise.mul(a.noise, b.noise), size: 3, correction };
      }
      case 'relinearize':
      case 'rotate':
        return { ...a, noise: this.#noise.keySwitch(a.noise, a.level), size: 2 };
      case 'modSwitch':
        return this.switched(a, op.level);
      case 'negate':
        return a;
    }
  }

  #noiseAt({ noise, level, size }: NoisyCipher, to: number): NoiseSize {
    return this.#noise.modSwitch(noise, level, to, size);
  }

  /** If the corrections of two values differ, SEAL first multiplies both by numbers below t. */
  #sum(a: NoisyCipher, b: NoisyCipher): NoisyCipher {
    const both = this.#noise.add(a.noise, b.noise);
    const isBalanced = a.correction === b.correction;
    const factor = Math.log2(this.#chain.plainModulus);
    return {
      ...a,
      noise: isBalanced ? both : this.#noise.mulPlain(both, factor),
      size: a.size > b.size ? a.size : b.size,
    };
  }

  /** Returns log2 of the size of a clear value as a plaintext factor. */
  #normOf(value: number): number {
    const { ring, uniform, batchable, encoding, slots, ops } = this.#analysis;
    const { plainModulus: t } = this.#chain;
    const op = at(ops, value);
    // SEAL's BFV multiplies by a single coefficient in [0, t), BGV by the equivalent
    // number nearest to 0.
    const isBfv = this.#chain.scheme === 'bfv';
    if (op.op === 'const' && typeof op.data === 'number') {
      const residue = ring.residue(op.data);
      return Math.log2(Math.max(1, isBfv ? residue : Math.abs(centered(residue, t))));
    }
    const isOneNumber = encoding === 'coefficients' || (uniform[value] === 1 && !batchable);
    if (isOneNumber) return isBfv ? Math.log2(t) : plainNorm(t, 1);
    // A vector that repeats in both rows has `2·slots` coefficients that are not 0.
    return plainNorm(t, batchable ? this.#chain.degree : 2 * slots);
  }
}
