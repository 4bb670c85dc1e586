import type { SEALContext, Evaluator as SealEvaluator, SecretKey } from 'node-seal/allows';
import { last } from '../../lookup.ts';
import { sealContext } from './ckks-context.ts';
import { sealError, translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { type Deletable, Scope } from './scope.ts';

/** Where keys of one level are made and used. */
export interface KeyContext {
  readonly context: SEALContext;
  readonly evaluator: SealEvaluator;
}

/**
 * Contexts for keys of low levels. A key of SEAL spans all primes of its context, but what names a
 * modulus (parms_id) is a hash of scheme, N and primes. So a context of the primes that are left at a
 * level, and the same special prime, takes the ciphertexts of this level and all below as they are, and its
 * keys have the primes of the level only. Made at first use and kept.
 */
export class KeyContexts implements Deletable {
  readonly #context: SchemeContext;
  readonly #scope = new Scope();
  readonly #made = new Map<number, KeyContext>();

  constructor(context: SchemeContext) {
    this.#context = context;
  }

  /** The context for keys of a level. */
  at(level: number): KeyContext {
    const known = this.#made.get(level);
    if (known !== undefined) return known;
    const { seal } = this.#context;
    const made = translating(seal, `creating the context of level ${level}`, () => {
      const context = this.#contextOf(level);
      return { context, evaluator: this.#scope.own(new seal.Evaluator(context)) };
    });
    this.#made.set(level, made);
    return made;
  }

  /** The secret key in the context of a level; the caller deletes it. */
  secretKey(secretKey: SecretKey, level: number): SecretKey {
    const { seal, params, topLevel } = this.#context;
    if (level === topLevel) return secretKey.copy();
    const { context } = this.at(level);
    const saved = secretKey.saveToArray(seal.ComprModeType.none) as Uint8Array;
    const kept = params.basePrimes + level;
    const parmsId = context.keyParmsId();
    const ids = parmsId.values() as readonly bigint[];
    parmsId.delete();
    const cut = cutSecret(saved, params.polyModulusDegree, params.coeffModulus.length, kept, ids);
    const key = new seal.SecretKey();
    try {
      translating(seal, 'cutting the secret key', () => key.loadFromArray(context, cut));
      return key;
    } catch (error) {
      key.delete();
      throw error;
    } finally {
      saved.fill(0);
      cut.fill(0);
    }
  }

  delete(): void {
    this.#scope.delete();
    this.#made.clear();
  }

  #contextOf(level: number): SEALContext {
    const { seal, scheme, params, context, topLevel } = this.#context;
    if (level === topLevel) return context;
    const primes = params.coeffModulus.slice(0, params.basePrimes + level);
    return this.#scope.own(
      sealContext(seal, scheme, params, [...primes, last(params.coeffModulus)]),
    );
  }
}

/** A saved secret key: a plaintext with one residue polynomial for each prime, the special one last. */
const LAYOUT = { size: 8, parmsId: 16, coefficients: 48, arrayBytes: 72, arraySize: 80, head: 88 };

/**
 * A saved secret key with the first `kept` of `primes` residue polynomials and the last. The secret is
 * small, so its residues modulo one prime do not depend on the others.
 *
 * @param ids the parms_id of the remaining primes
 * @throws ShoalError if the key is not laid out as SEAL 4.1 does it, see `uniform-encoder.ts`
 */
function cutSecret(
  saved: Uint8Array,
  degree: number,
  primes: number,
  kept: number,
  ids: readonly bigint[],
): Uint8Array {
  const view = new DataView(saved.buffer, saved.byteOffset, saved.length);
  const size = LAYOUT.head + 8 * degree * primes;
  if (
    saved.length !== size ||
    Number(view.getBigUint64(LAYOUT.arraySize, true)) !== degree * primes
  )
    throw sealError('internal error: SEAL saves secret keys in an unknown format');
  const count = degree * (kept + 1);
  const cut = new Uint8Array(LAYOUT.head + 8 * count);
  const special = 8 * degree * (primes - 1);
  cut.set(saved.subarray(0, LAYOUT.head + 8 * degree * kept));
  cut.set(saved.subarray(LAYOUT.head + special), LAYOUT.head + 8 * degree * kept);
  const head = new DataView(cut.buffer);
  head.setBigUint64(LAYOUT.size, BigInt(cut.length), true);
  ids.forEach((id, i) => {
    head.setBigUint64(LAYOUT.parmsId + 8 * i, id, true);
  });
  head.setBigUint64(LAYOUT.coefficients, BigInt(count), true);
  head.setBigUint64(LAYOUT.arrayBytes, BigInt(cut.length - 64), true);
  head.setBigUint64(LAYOUT.arraySize, BigInt(count), true);
  return cut;
}
