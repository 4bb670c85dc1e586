import { at } from '../../lookup.ts';
import type { ValueId } from '../../plan/index-space.ts';
import { operands } from '../../plan/liveness.ts';
import { isClear } from '../../plan/operations.ts';
import type { ClearOp, IntegerCipherOp, IntegerOp, IntegerSketch } from '../../plan/plan.ts';
import { rewired } from '../../plan/rewire.ts';
import type { ModulusChain } from './noise-growth.ts';
import { analyzeNoise, type NoiseAnalysis, NoiseRules, type NoisyCipher } from './noise-rules.ts';

/** Operations with modulus switches, under some parameters. */
export interface LevelledIntegers {
  readonly ops: readonly IntegerOp[];
  /** New place of each of the sketch's values. */
  readonly valueIds: readonly ValueId[];
  /** Predicted bits of noise budget of each of the sketch's outputs; Infinity for values in clear. */
  readonly budgets: readonly number[];
}

/** A ciphertext in the list that is made. */
interface Cipher extends NoisyCipher {
  readonly place: ValueId;
}

/** What of a sketch does not depend on parameters. */
export interface IntegerAnalysis {
  readonly sketch: IntegerSketch;
  readonly noise: NoiseAnalysis;
  /** Whether an output depends on the value. */
  readonly needed: Uint8Array;
}

/** Looks at a sketch once, for all parameters that are tried. */
export function analyzeIntegers(sketch: IntegerSketch): IntegerAnalysis {
  const needed = new Uint8Array(sketch.ops.length);
  for (const { value } of sketch.outputs) needed[value] = 1;
  for (let value = sketch.ops.length - 1; value >= 0; value--) {
    if (needed[value] === 1) for (const arg of operands(at(sketch.ops, value))) needed[arg] = 1;
  }
  return { sketch, noise: analyzeNoise(sketch, sketch.plainModulus), needed };
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
  chain: ModulusChain,
  primes: readonly bigint[],
  leastBudget: number,
): LevelledIntegers | undefined {
  return new Leveller(analysis, chain, primes).run(leastBudget);
}

class Leveller {
  readonly #analysis: IntegerAnalysis;
  readonly #rules: NoiseRules;
  readonly #ops: IntegerOp[] = [];
  readonly #valueIds: ValueId[] = [];
  readonly #ciphers: (Cipher | undefined)[] = [];
  /** Values at lower levels than their own, by value and level. */
  readonly #switched = new Map<string, Cipher>();

  constructor(analysis: IntegerAnalysis, chain: ModulusChain, primes: readonly bigint[]) {
    this.#analysis = analysis;
    this.#rules = new NoiseRules(analysis.noise, chain, primes);
  }

  run(leastBudget: number): LevelledIntegers | undefined {
    const { sketch, needed } = this.#analysis;
    for (const [value, op] of sketch.ops.entries()) {
      if (isClear(op)) {
        this.#valueIds.push(this.#clear(op));
        continue;
      }
      const cipher = this.#cipher(op);
      this.#ciphers[value] = cipher;
      this.#valueIds.push(cipher.place);
      if (needed[value] === 1 && this.#rules.budget(cipher) < leastBudget) return undefined;
    }
    const budgets = sketch.outputs.map(({ value }) => {
      const cipher = this.#ciphers[value];
      return cipher ? this.#rules.budget(cipher) : Number.POSITIVE_INFINITY;
    });
    return { ops: this.#ops, valueIds: this.#valueIds, budgets };
  }

  #clear(op: ClearOp): ValueId {
    return this.#ops.push(rewired(op, (arg) => at(this.#valueIds, arg))) - 1;
  }

  #cipher(op: IntegerCipherOp): Cipher {
    if (op.op === 'upload') {
      const { fresh } = this.#rules;
      const place = this.#ops.push({ ...op, level: fresh.level }) - 1;
      return { ...fresh, place };
    }
    const level = this.#levelFor(op);
    const given = operands(op).map((arg) => this.#at(arg, level));
    const ciphers = given.filter((cipher) => cipher !== undefined);
    const wired = rewired(op, (arg, i) => given[i]?.place ?? at(this.#valueIds, arg));
    const place = this.#ops.push({ ...wired, level }) - 1;
    return { ...this.#rules.result(op, ciphers), place };
  }

  #levelFor(op: IntegerCipherOp): number {
    const ciphers = operands(op).flatMap((arg) => this.#ciphers[arg] ?? []);
    const lowest = Math.min(...ciphers.map(({ level }) => level));
    if (op.op !== 'mul') return lowest;
    const [a, b] = [at(ciphers, 0), at(ciphers, 1)];
    let best = lowest;
    let most = Number.NEGATIVE_INFINITY;
    for (let level = lowest; level >= 0; level--) {
      const left = this.#rules.roomOfProduct(a, b, level);
      if (left > most) [best, most] = [level, left];
    }
    return best;
  }

  /** The value at a level, switched if it is at a higher one; undefined for values in clear. */
  #at(value: ValueId, level: number): Cipher | undefined {
    const cipher = this.#ciphers[value];
    if (!cipher || cipher.level === level) return cipher;
    const key = `${value}@${level}`;
    const known = this.#switched.get(key);
    if (known) return known;
    const place = this.#ops.push({ op: 'modSwitch', args: [cipher.place], level }) - 1;
    const made = { ...this.#rules.switched(cipher, level), place };
    this.#switched.set(key, made);
    return made;
  }
}
