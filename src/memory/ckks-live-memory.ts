import { Encodings } from '../cost/cost-model.ts';
import { defined, lookUp } from '../lookup.ts';
import { lastUses } from '../plan/liveness.ts';
import { isClear } from '../plan/operations.ts';
import type { CkksCipherOp, CkksPlan } from '../plan/plan.ts';
import { cipherProperties } from '../schemes/ckks/scales.ts';
import { MemoryPool, switchingTemporaries } from './memory-pool.ts';

/** Limit on the bytes of all encodings that are kept for later uses. */
export const KEPT_ENCODING_BYTES = 256 * 2 ** 20;

/**
 * Returns the bytes that SEAL's pool grows to for ciphertexts, plaintexts and the temporaries of
 * SEAL's operations when a plan is evaluated. It follows the evaluator, with sizes in place of
 * numbers. An upload is loaded at its own operation. A value is freed after its last use. A result
 * takes the memory of an operand that is no longer needed, and keeps it even if it needs less.
 */
export function liveBytes(plan: CkksPlan): number {
  return new LiveMemory(plan).run();
}

/** Simulates the evaluator's memory. Sizes are in polynomials modulo one prime. */
class LiveMemory {
  readonly #plan: CkksPlan;
  readonly #properties;
  readonly #last: Int32Array;
  readonly #pool = new MemoryPool();
  /** The memory capacity of each ciphertext that exists. */
  readonly #capacities = new Map<number, number>();
  readonly #encodings: Encodings;
  readonly #encodingUses = new Map<string, number>();
  readonly #kept = new Map<string, number>();
  #keptSize = 0;

  constructor(plan: CkksPlan) {
    this.#plan = plan;
    this.#properties = cipherProperties(plan);
    this.#last = lastUses(plan);
    this.#encodings = new Encodings(plan, this.#properties);
    plan.ops.forEach((op) => {
      const key = isClear(op) ? undefined : this.#encodings.plainOf(op)?.key;
      if (key !== undefined) this.#encodingUses.set(key, (this.#encodingUses.get(key) ?? 0) + 1);
    });
  }

  run(): number {
    const { ops, params } = this.#plan;
    ops.forEach((op, at) => {
      if (op.op === 'upload') this.#upload(op.level, at);
      else if (!isClear(op)) this.#compute(op, at);
      if ('args' in op) for (const arg of op.args) this.#freeAfter(arg, at);
      this.#freeAfter(at, at);
    });
    return 8 * params.polyModulusDegree * this.#pool.total;
  }

  #primes(level: number): number {
    return this.#plan.params.basePrimes + level;
  }

  #size(value: number): number {
    return (
      defined(this.#properties.sizes[value]) * this.#primes(defined(this.#properties.levels[value]))
    );
  }

  #upload(level: number, at: number): void {
    const primes = this.#primes(level);
    this.#capacities.set(at, 2 * primes);
    this.#pool.take(2 * primes);
    // A zero is encrypted with one more prime; see `encryption` in `noise-amplitudes.ts`.
    this.#pool.borrow([2 * (primes + 1), primes + 1]);
  }

  #freeAfter(value: number, at: number): void {
    const capacity = this.#capacities.get(value);
    if (this.#last[value] !== at || capacity === undefined) return;
    this.#pool.give(capacity);
    this.#capacities.delete(value);
  }

  #compute(op: ComputedOp, at: number): void {
    const plain = this.#encode(op);
    const reused = op.args.find((arg) => this.#capacities.has(arg) && this.#last[arg] === at);
    let capacity = reused === undefined ? 0 : lookUp(this.#capacities, reused);
    if (reused !== undefined) this.#capacities.delete(reused);
    for (const size of this.#resultSizes(op, at)) capacity = this.#grow(capacity, size);
    this.#capacities.set(at, capacity);
    this.#pool.borrow(this.#temporaries(op, at));
    if (plain !== undefined) this.#release(plain);
  }

  #grow(capacity: number, size: number): number {
    if (size <= capacity) return capacity;
    this.#pool.take(size);
    if (capacity > 0) this.#pool.give(capacity);
    return size;
  }

  /** Returns the sizes of the result in order: SEAL copies the operand, then works in place. */
  #resultSizes(op: ComputedOp, at: number): readonly number[] {
    // A rescaling writes its result directly.
    if (op.op === 'rescale') return [this.#size(at)];
    return [this.#size(op.args[0]), this.#size(at)];
  }

  #temporaries(op: ComputedOp, at: number): readonly number[] {
    const primes = this.#primes(op.level);
    const [a] = op.args;
    switch (op.op) {
      case 'relinearize':
        return switchingTemporaries(primes);
      case 'rotate':
        return [primes, ...switchingTemporaries(primes)];
      case 'rescale':
        return [this.#size(a), 1];
      case 'lower':
        return [
          ...this.#drops(a, op.level + 1),
          defined(this.#properties.sizes[at]) * (primes + 1),
          1,
        ];
      case 'adjust':
      case 'mulPlain':
        return this.#drops(a, op.level);
      case 'add':
      case 'sub':
      case 'negate':
      case 'addPlain':
      case 'subPlain':
      case 'mul':
        return [];
    }
  }

  /** Returns the sizes of the copies that SEAL makes as it drops primes one by one. */
  #drops(value: number, level: number): readonly number[] {
    const [from, polynomials] = [
      defined(this.#properties.levels[value]),
      defined(this.#properties.sizes[value]),
    ];
    return Array.from({ length: from - level }, (_, i) => polynomials * this.#primes(level + i));
  }

  /** Takes memory for an operation's encoding. A vector is encoded at the top level first. */
  #encode(op: ComputedOp): Encoded | undefined {
    const encoding = this.#encodings.plainOf(op);
    if (encoding === undefined) return undefined;
    const { key, uniform, level } = encoding;
    const left = lookUp(this.#encodingUses, key) - 1;
    this.#encodingUses.set(key, left);
    const size = this.#primes(level);
    if (!this.#kept.has(key)) {
      if (!uniform) this.#pool.borrow([this.#plan.params.coeffModulus.length - 1]);
      this.#pool.take(size);
    }
    return { key, size, left };
  }

  #release({ key, size, left }: Encoded): void {
    const kept = this.#kept.has(key);
    const most = KEPT_ENCODING_BYTES / (8 * this.#plan.params.polyModulusDegree);
    if (left > 0 && (kept || this.#keptSize + size <= most)) {
      if (!kept) this.#keptSize += size;
      this.#kept.set(key, size);
      return;
    }
    if (this.#kept.delete(key)) this.#keptSize -= size;
    this.#pool.give(size);
  }
}

type ComputedOp = Exclude<CkksCipherOp, { op: 'upload' }>;

interface Encoded {
  readonly key: string;
  readonly size: number;
  /** The number of later uses. */
  readonly left: number;
}
