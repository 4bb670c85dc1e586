import type { Plaintext } from 'node-seal/allows';
import { at, lookUp } from '../../lookup.ts';
import { KEPT_ENCODING_BYTES } from '../../memory/ckks-live-memory.ts';
import type { ClearValue } from '../../plan/clear-ops.ts';
import { isClear } from '../../plan/operations.ts';
import type { CkksOp } from '../../plan/plan.ts';
import { replicate } from '../../plan/slot-maps.ts';
import { type Encoding, encodingOf, encodingScale } from '../../schemes/ckks/encodings.ts';
import type { CipherProperties } from '../../schemes/ckks/scales.ts';
import type { CkksContext } from './ckks-context.ts';
import type { Deletable } from './scope.ts';
import type { UniformEncoder } from './uniform-encoder.ts';

/**
 * Encodes clear values for the operations of a plan. An encoding that is used again is kept until
 * its last use, within a limit of memory. All are deleted at the end of a run.
 *
 * SEAL's encoder, as node-seal exposes it, works at the highest level only. For a lower level,
 * primes of its result are dropped, which copies but computes nothing. A context for each level
 * could encode directly, but building it takes as long as hundreds of encodings (0.2 s at N = 8192,
 * 2 s at N = 16384, with eight levels).
 */
export class Plaintexts implements Deletable {
  readonly #context: CkksContext;
  readonly #uniform: UniformEncoder;
  readonly #usesLeft: Map<string, number>;
  readonly #kept = new Map<string, Plaintext>();
  #keptBytes = 0;

  constructor(
    context: CkksContext,
    uniform: UniformEncoder,
    ops: readonly CkksOp[],
    properties: CipherProperties,
  ) {
    this.#context = context;
    this.#uniform = uniform;
    this.#usesLeft = countUses(ops, properties);
  }

  delete(): void {
    for (const plain of this.#kept.values()) plain.delete();
    this.#kept.clear();
  }

  /** Calls `use` with the encoding of a clear value, which it must not keep. */
  with(encoding: Encoding, value: ClearValue, use: (plain: Plaintext) => void): void {
    const { key } = encoding;
    const left = lookUp(this.#usesLeft, key) - 1;
    this.#usesLeft.set(key, left);
    const plain = this.#kept.get(key) ?? this.#encode(encoding, value);
    try {
      use(plain);
    } finally {
      this.#release(encoding, plain, left > 0);
    }
  }

  #release({ key, level }: Encoding, plain: Plaintext, again: boolean): void {
    const { params } = this.#context;
    const bytes = 8 * params.polyModulusDegree * (params.basePrimes + level);
    const kept = this.#kept.has(key);
    if (again && kept) return;
    if (again && this.#keptBytes + bytes <= KEPT_ENCODING_BYTES) {
      this.#kept.set(key, plain);
      this.#keptBytes += bytes;
      return;
    }
    if (this.#kept.delete(key)) this.#keptBytes -= bytes;
    plain.delete();
  }

  #encode(encoding: Encoding, value: ClearValue): Plaintext {
    const { level } = encoding;
    const scale = encodingScale(encoding, this.#context.params.scales);
    const plain = new this.#context.seal.Plaintext();
    try {
      const uniform = uniformValue(value);
      const done = uniform !== undefined && this.#uniform.encode(uniform, level, scale, plain);
      if (!done) this.#encodeVector(value, level, scale, plain);
      return plain;
    } catch (error) {
      plain.delete();
      throw error;
    }
  }

  #encodeVector(value: ClearValue, level: number, scale: number, plain: Plaintext): void {
    const { slotCount } = this.#context;
    const vector =
      typeof value === 'number'
        ? new Float64Array(slotCount).fill(value)
        : replicate(value, slotCount);
    this.#context.encodeAt(vector, scale, level, plain);
  }
}

/** Returns the number that all slots contain; undefined if they differ. */
function uniformValue(value: ClearValue): number | undefined {
  if (typeof value === 'number') return value;
  const first = at(value, 0);
  for (let i = 1; i < value.length; i++) if (value[i] !== first) return undefined;
  return first;
}

function countUses(ops: readonly CkksOp[], properties: CipherProperties): Map<string, number> {
  const uses = new Map<string, number>();
  for (const op of ops) {
    const key = isClear(op) ? undefined : encodingOf(op, properties)?.key;
    if (key !== undefined) uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  return uses;
}
