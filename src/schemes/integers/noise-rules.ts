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

/** A ciphertext as far as its noise is concerned. */
export interface NoisyCipher {
  readonly level: number;
  readonly noise: NoiseSize;
  /** Polynomials. */
  readonly size: 2 | 3;
  /** What BGV's values are multiplied by, modulo t: each modulus switch multiplies it by 1/q. */
  readonly correction: number;
}

/** Operations whose noise is followed. */
type Operations = Pick<IntegerSketch, 'ops' | 'slots' | 'encoding' | 'batchable'>;

/** What of operations does not depend on parameters. */
export interface NoiseAnalysis extends Operations {
  readonly ring: Modular;
  /** Clear values that hold one number, whatever the inputs. */
  readonly uniform: Uint8Array;
}

/** Looks at operations once, for all parameters. */
export function analyzeNoise(operations: Operations, plainModulus: number): NoiseAnalysis {
  const { ops, slots, encoding, batchable } = operations;
  const ring = integersModulo(plainModulus);
  return { ops, slots, encoding, batchable, ring, uniform: uniformClears(operations) };
}

/** What each operation makes of its operands' noise, under some parameters. */
export class NoiseRules {
  /** An encryption, at the top level. */
  readonly fresh: NoisyCipher;
  readonly #analysis: NoiseAnalysis;
  readonly #chain: ModulusChain;
  readonly #noise: NoiseGrowth;
  /** 1/q modulo t for the prime of each level from 1 on. */
  readonly #inverses: readonly number[];

  /**
   * @param chain sizes of the primes
   * @param primes the primes of the base and of the levels themselves, for their residues modulo t
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

  /** Bits of noise budget that are left, as SEAL measures it: 0 or less where decryption may be wrong. */
  budget({ noise, level }: NoisyCipher): number {
    return this.#noise.budget(noise, level);
  }

  /** Bits of the modulus that a product leaves above its noise where its factors are brought to a level. */
  roomOfProduct(a: NoisyCipher, b: NoisyCipher, level: number): number {
    const product = this.#noise.mul(this.#noiseAt(a, level), this.#noiseAt(b, level));
    return this.#noise.room(product, level);
  }

  /** The same value at a level that is no higher. */
  switched(cipher: NoisyCipher, level: number): NoisyCipher {
    const correction = this.#inverses
      .slice(level, cipher.level)
      .reduce(this.#analysis.ring.multiply, cipher.correction);
    return { level, noise: this.#noiseAt(cipher, level), size: cipher.size, correction };
  }

  /**
   * The result of an operation.
   *
   * @param op its clear operands are among the operations analyzed
   * @param ciphers its encrypted operands, at the level of the result; of a modulus switch, at any above
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

  /** Values whose corrections differ are first multiplied by numbers below t, by SEAL. */
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

  /** log2 of the size of a clear value as a plaintext that is multiplied by. */
  #normOf(value: number): number {
    const { ring, uniform, batchable, encoding, slots, ops } = this.#analysis;
    const { plainModulus: t } = this.#chain;
    const op = at(ops, value);
    // SEAL's BFV multiplies by a single coefficient as it lies in [0, t), BGV by the number nearest to 0.
    const isBfv = this.#chain.scheme === 'bfv';
    if (op.op === 'const' && typeof op.data === 'number') {
      const residue = ring.residue(op.data);
      return Math.log2(Math.max(1, isBfv ? residue : Math.abs(centered(residue, t))));
    }
    const isOneNumber = encoding === 'coefficients' || (uniform[value] === 1 && !batchable);
    if (isOneNumber) return isBfv ? Math.log2(t) : plainNorm(t, 1);
    // A vector that repeats itself in both rows has so many coefficients that are not 0.
    return plainNorm(t, batchable ? this.#chain.degree : 2 * slots);
  }
}
