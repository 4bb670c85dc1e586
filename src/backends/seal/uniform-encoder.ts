import type { Plaintext } from 'node-seal/allows';
import { at } from '../../lookup.ts';
import type { CkksContext } from './ckks-context.ts';
import { scoped } from './scope.ts';

/**
 * Encodes one number for all slots, at any level, ten to thirty times as fast as SEAL's encoder.
 * The polynomial is a constant, so all coefficients of its transform are that constant. They are
 * written in SEAL's format of a saved plaintext, which SEAL loads and checks.
 *
 * Format of a plaintext saved without compression (SEAL 4.1, "Plaintext::save_members"), little
 * endian, in bytes: 16 header, 32 parms_id, 8 coefficient count, 8 scale, 24 header and size of the
 * array, then the coefficients. The head is copied from a plaintext that SEAL encoded, once per
 * level.
 */
export class UniformEncoder {
  readonly #context: CkksContext;
  /** The bytes before the coefficients, by level; null if SEAL's format is not the expected one. */
  readonly #heads = new Map<number, Uint8Array | null>();
  readonly #primes: readonly bigint[];
  #buffer = new Uint8Array(0);

  constructor(context: CkksContext) {
    this.#context = context;
    this.#primes = context.params.coeffModulus.slice(0, -1).map(BigInt);
  }

  /**
   * Encodes `value` at a level and scale into `plain`.
   *
   * @returns false if only SEAL's encoder can do that
   */
  encode(value: number, level: number, scale: number, plain: Plaintext): boolean {
    const head = this.#headOf(level);
    const coefficient = Math.round(value * scale);
    const { context, params } = this.#context;
    const degree = params.polyModulusDegree;
    const primes = this.#primes.slice(0, params.basePrimes + level);
    const modulus = primes.reduce((product, prime) => product * Number(prime), 1);
    // SEAL's encoder reports numbers that do not fit, NaN included.
    if (head === null || !(Math.abs(coefficient) < modulus / 2)) return false;
    const bytes = this.#room(HEAD_BYTES + 8 * degree * primes.length);
    bytes.set(head);
    new DataView(bytes.buffer).setFloat64(SCALE_OFFSET, scale, true);
    const coefficients = new BigUint64Array(bytes.buffer, HEAD_BYTES, degree * primes.length);
    const whole = BigInt(coefficient);
    primes.forEach((prime, i) => {
      const residue = ((whole % prime) + prime) % prime;
      coefficients.fill(residue, i * degree, (i + 1) * degree);
    });
    plain.loadFromArray(context, bytes);
    return true;
  }

  #room(size: number): Uint8Array<ArrayBuffer> {
    if (this.#buffer.length < size) this.#buffer = new Uint8Array(size);
    return new Uint8Array(this.#buffer.buffer as ArrayBuffer, 0, size);
  }

  #headOf(level: number): Uint8Array | null {
    const known = this.#heads.get(level);
    if (known !== undefined) return known;
    const head = savedHead(this.#context, level);
    this.#heads.set(level, head);
    return head;
  }
}

const SCALE_OFFSET = 56;
const HEAD_BYTES = 88;

/** Returns the head of a plaintext saved by SEAL; null if its format is not the expected one. */
function savedHead(context: CkksContext, level: number): Uint8Array | null {
  const { seal, params } = context;
  return scoped((scope) => {
    const plain = scope.own(new seal.Plaintext());
    const scale = at(params.scales, level);
    context.encode(Float64Array.of(1), level, plain);
    const saved = plain.saveToArray(seal.ComprModeType.none) as Uint8Array;
    const coefficientBytes = 8 * params.polyModulusDegree * (params.basePrimes + level);
    if (saved.length !== HEAD_BYTES + coefficientBytes) return null;
    const view = new DataView(saved.buffer, saved.byteOffset);
    return view.getFloat64(SCALE_OFFSET, true) === scale ? saved.slice(0, HEAD_BYTES) : null;
  });
}
