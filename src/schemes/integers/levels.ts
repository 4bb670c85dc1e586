import { uniformClears } from '../../cost/uniform-clears.ts';
import { isClear } from '../../plan/clear-ops.ts';
import { operands } from '../../plan/liveness.ts';
import type { IntegerOp, IntegerSketch } from '../../plan/plan.ts';
import { centered, integersModulo, type Modular } from '../../tensor/modular.ts';
import { type Chain, type Noise, type NoiseSize, noiseOf, plainNorm } from './noise.ts';

/** Operations with modulus switches, under some parameters. */
export interface LevelledIntegers {
  readonly ops: readonly IntegerOp[];
  /** New place of each of the sketch's values. */
  readonly places: readonly number[];
  /** Predicted bits of noise budget of each of the sketch's outputs; Infinity for values in clear. */
  readonly budgets: readonly number[];
}

/** A ciphertext at a level. */
interface Cipher {
  readonly place: number;
  readonly level: number;
  readonly noise: NoiseSize;
  readonly size: 2 | 3;
  /** What BGV's values are multiplied by, modulo t: each modulus switch multiplies it by 1/q. */
  readonly correction: number;
}

/** What an operation makes, but for its place. */
type Result = Pick<Cipher, 'noise' | 'size' | 'correction'>;

/** What of a sketch does not depend on parameters. */
export interface IntegerAnalysis {
  readonly sketch: IntegerSketch;
  readonly ring: Modular;
  /** Clear values that hold one number, whatever the inputs. */
  readonly uniform: Uint8Array;
  /** Whether an output depends on the value. */
  readonly needed: Uint8Array;
}

/** Looks at a sketch once, for all parameters that are tried. */
export function analyzeIntegers(sketch: IntegerSketch): IntegerAnalysis {
  const needed = new Uint8Array(sketch.ops.length);
  for (const { value } of sketch.outputs) needed[value] = 1;
  for (let at = sketch.ops.length - 1; at >= 0; at--) {
    if (needed[at] === 1) for (const arg of operands(sketch.ops[at]!)) needed[arg] = 1;
  }
  const ring = integersModulo(sketch.plainModulus);
  return { sketch, ring, uniform: uniformClears(sketch), needed };
}

/**
 * Follows the noise of every value, and puts in the modulus switches that BGV needs. Noises of BGV multiply, and a
 * switch divides them by a prime, down to a floor: so before a multiplication both factors are brought to the
 * level at which the product leaves the most of the modulus above its noise. Operands of additions meet at the
 * lower one's level. BFV multiplies noise by about t·N whatever it is, and stays at one level.
 *
 * @param chain sizes of the primes
 * @param primes the primes of the base and of the levels themselves, for their residues modulo t
 * @param leastBudget bits of noise budget that outputs have left, at least
 * @returns undefined where they do not: noise never shrinks against the modulus, so the first value to fall short
 *   ends the search
 */
export function levelIntegers(
  analysis: IntegerAnalysis,
  chain: Chain,
  primes: readonly bigint[],
  leastBudget: number,
): LevelledIntegers | undefined {
  return new Leveller(analysis, chain, primes).run(leastBudget);
}

class Leveller {
  readonly #analysis: IntegerAnalysis;
  readonly #chain: Chain;
  readonly #noise: Noise;
  /** 1/q modulo t for the prime of each level from 1 on. */
  readonly #inverses: readonly number[];
  readonly #ops: IntegerOp[] = [];
  readonly #places: number[] = [];
  readonly #ciphers: (Cipher | undefined)[] = [];
  /** Values at lower levels than their own, by value and level. */
  readonly #switched = new Map<string, Cipher>();

  constructor(analysis: IntegerAnalysis, chain: Chain, primes: readonly bigint[]) {
    this.#analysis = analysis;
    this.#chain = chain;
    this.#noise = noiseOf(chain);
    const t = BigInt(chain.plainModulus);
    this.#inverses = primes.slice(chain.basePrimes).map((q) => analysis.ring.invert(Number(q % t)));
  }

  run(leastBudget: number): LevelledIntegers | undefined {
    const { sketch, needed } = this.#analysis;
    for (const [value, op] of sketch.ops.entries()) {
      const cipher = isClear(op) ? undefined : this.#cipher(op);
      this.#ciphers[value] = cipher;
      this.#places.push(cipher ? cipher.place : this.#clear(op));
      if (cipher && needed[value] === 1 && this.#budget(cipher) < leastBudget) return undefined;
    }
    const budgets = sketch.outputs.map(({ value }) => {
      const cipher = this.#ciphers[value];
      return cipher ? this.#budget(cipher) : Number.POSITIVE_INFINITY;
    });
    return { ops: this.#ops, places: this.#places, budgets };
  }

  #budget({ noise, level }: Cipher): number {
    return this.#noise.budget(noise, level);
  }

  #clear(op: IntegerOp): number {
    const args = operands(op).map((arg) => this.#places[arg] as number);
    return this.#ops.push((args.length > 0 ? { ...op, args } : op) as IntegerOp) - 1;
  }

  #cipher(op: Exclude<IntegerOp, { op: 'const' }>): Cipher {
    if (op.op === 'upload') {
      const level = this.#chain.primeBits.length - this.#chain.basePrimes;
      const place = this.#ops.push({ ...op, level }) - 1;
      return { place, level, noise: this.#noise.fresh, size: 2, correction: 1 };
    }
    const args = operands(op);
    const level = this.#levelFor(op, args);
    const given = args.map((arg) => this.#at(arg, level));
    const ciphers = given.filter((cipher) => cipher !== undefined);
    const wired = given.map((cipher, i) => cipher?.place ?? (this.#places[args[i]!] as number));
    const place = this.#ops.push({ ...op, args: wired, level } as IntegerOp) - 1;
    return { place, level, ...this.#resultOf(op, ciphers, level) };
  }

  #levelFor(op: IntegerOp, args: readonly number[]): number {
    const ciphers = args.flatMap((arg) => this.#ciphers[arg] ?? []);
    const lowest = Math.min(...ciphers.map(({ level }) => level));
    if (op.op !== 'mul') return lowest;
    let best = lowest;
    let most = Number.NEGATIVE_INFINITY;
    for (let level = lowest; level >= 0; level--) {
      const [a, b] = ciphers.map((cipher) => this.#noiseAt(cipher, level)) as [
        NoiseSize,
        NoiseSize,
      ];
      const left = this.#noise.room(this.#noise.mul(a, b), level);
      if (left > most) [best, most] = [level, left];
    }
    return best;
  }

  #noiseAt({ noise, level, size }: Cipher, to: number): NoiseSize {
    return this.#noise.modSwitch(noise, level, to, size);
  }

  /** The value at a level, switched if it is at a higher one; undefined for values in clear. */
  #at(value: number, level: number): Cipher | undefined {
    const cipher = this.#ciphers[value];
    if (!cipher || cipher.level === level) return cipher;
    const key = `${value}@${level}`;
    const known = this.#switched.get(key);
    if (known) return known;
    const { place: from, size } = cipher;
    const place = this.#ops.push({ op: 'modSwitch', args: [from], level }) - 1;
    const { ring } = this.#analysis;
    const correction = this.#inverses
      .slice(level, cipher.level)
      .reduce(ring.multiply, cipher.correction);
    const made = { place, level, noise: this.#noiseAt(cipher, level), size, correction };
    this.#switched.set(key, made);
    return made;
  }

  #resultOf(op: IntegerOp, ciphers: readonly Cipher[], level: number): Result {
    const [a, b = a] = ciphers as [Cipher, Cipher?];
    const { noise, size, correction } = a;
    switch (op.op) {
      case 'add':
      case 'sub':
        return this.#sum(a, b as Cipher);
      case 'gather':
        return ciphers.slice(1).reduce<Result>((x, y) => this.#sum(x, y), {
          noise: this.#noise.addPlain(noise),
          size,
          correction,
        });
      case 'addPlain':
      case 'subPlain':
        return { noise: this.#noise.addPlain(noise), size, correction };
      case 'mulPlain':
        return { noise: this.#noise.mulPlain(noise, this.#normOf(op.args[1])), size, correction };
      case 'mul': {
        const { multiply } = this.#analysis.ring;
        const product = this.#noise.mul(noise, (b as Cipher).noise);
        return { noise: product, size: 3, correction: multiply(correction, b!.correction) };
      }
      case 'relinearize':
      case 'rotate':
        return { noise: this.#noise.keySwitch(noise, level), size: 2, correction };
      default:
        return { noise, size, correction };
    }
  }

  /** Values whose corrections differ are first multiplied by numbers below t, by SEAL. */
  #sum(a: Result, b: Result): Result {
    const both = this.#noise.add(a.noise, b.noise);
    const isBalanced = a.correction === b.correction;
    const factor = Math.log2(this.#chain.plainModulus);
    return {
      noise: isBalanced ? both : this.#noise.mulPlain(both, factor),
      size: a.size > b.size ? a.size : b.size,
      correction: a.correction,
    };
  }

  /** log2 of the size of a clear value as a plaintext that is multiplied by. */
  #normOf(value: number): number {
    const { sketch, ring, uniform } = this.#analysis;
    const { plainModulus: t, batchable, encoding, slots, ops } = sketch;
    const op = ops[value]!;
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
