import { at, smallestOf } from '../../lookup.ts';
import type { ValueId } from '../../plan/index-space.ts';
import { neededValues, operands } from '../../plan/liveness.ts';
import { isClear } from '../../plan/operations.ts';
import type { ClearOp, IntegerCipherOp, IntegerOp, IntegerSketch } from '../../plan/plan.ts';
import { rewired } from '../../plan/rewire.ts';
import type { ModulusChain } from './noise-growth.ts';
import { analyzeNoise, type NoiseAnalysis, NoiseRules, type NoisyCipher } from './noise-rules.ts';

/** Operations with modulus switches, under one set of parameters. */
export interface LevelledIntegers {
  readonly ops: readonly IntegerOp[];
  /** The new id of each of the sketch's values. */
  readonly valueIds: readonly ValueId[];
  /**
   * The predicted noise budget of each of the sketch's outputs, in bits; Infinity for clear values.
   */
  readonly budgets: readonly number[];
}

/** A ciphertext among the new operations. */
interface Cipher extends NoisyCipher {
  readonly id: ValueId;
}

/** The facts about a sketch that do not depend on parameters. */
export interface IntegerAnalysis {
  readonly sketch: IntegerSketch;
  readonly noise: NoiseAnalysis;
  /** 1 if an output depends on the value. */
  readonly needed: Uint8Array;
}

/** Analyzes a sketch once for all parameters that are tried. */
export function analyzeIntegers(sketch: IntegerSketch): IntegerAnalysis {
  const noise = analyzeNoise(sketch, sketch.plainModulus);
  return { sketch, noise, needed: neededValues(sketch) };
}

/**
 * Computes the noise of every value, and inserts the modulus switches that BGV needs. In BGV a
 * product multiplies the noises of its factors, and a switch divides noise by a prime, down to a
 * floor. So before a multiplication both factors are switched to the level at which the product
 * leaves most of the modulus above its noise. Operands of an addition are switched to the lower
 * one's level. BFV multiplies noise by about t·N whatever its size, and stays at one level.
 *
 * @param chain sizes of the primes
 * @param primes the primes of the base and of the levels, for their residues modulo t
 * @param leastBudget least noise budget of outputs, in bits
 * @returns undefined if an output would have less: noise never shrinks relative to the modulus, so
 *   the first value with less ends the computation
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
  /** Copies of values at lower levels than their own, by value and level. */
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
      this.#valueIds.push(cipher.id);
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
      const id = this.#ops.push({ ...op, level: fresh.level }) - 1;
      return { ...fresh, id };
    }
    const level = this.#levelFor(op);
    const args = operands(op).map((arg) => this.#at(arg, level));
    const ciphers = args.filter((cipher) => cipher !== undefined);
    const wired = rewired(op, (arg, i) => args[i]?.id ?? at(this.#valueIds, arg));
    const id = this.#ops.push({ ...wired, level }) - 1;
    return { ...this.#rules.result(op, ciphers), id };
  }

  #levelFor(op: IntegerCipherOp): number {
    const ciphers = operands(op).flatMap((arg) => this.#ciphers[arg] ?? []);
    const lowest = smallestOf(ciphers.map(({ level }) => level));
    if (op.op !== 'mul') return lowest;
    const [a, b] = [at(ciphers, 0), at(ciphers, 1)];
    let best = lowest;
    let most = Number.NEGATIVE_INFINITY;
    for (let level = lowest; level >= 0; level--) {
      const room = this.#rules.roomOfProduct(a, b, level);
      if (room > most) [best, most] = [level, room];
    }
    return best;
  }

  /**
   * Returns a value at a level, and switches it if it is at a higher one; undefined for clear
   * values.
   */
  #at(value: ValueId, level: number): Cipher | undefined {
    const cipher = this.#ciphers[value];
    if (!cipher || cipher.level === level) return cipher;
    const key = `${value}@${level}`;
    const known = this.#switched.get(key);
    if (known) return known;
    const id = this.#ops.push({ op: 'modSwitch', args: [cipher.id], level }) - 1;
    const switched = { ...this.#rules.switched(cipher, level), id };
    this.#switched.set(key, switched);
    return switched;
  }
}
