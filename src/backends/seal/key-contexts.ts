import type { SEALContext, Evaluator as SealEvaluator, SecretKey } from 'node-seal/allows';
import { last } from '../../lookup.ts';
import { sealContext } from './ckks-context.ts';
import { sealError, translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { type Deletable, Scope } from './scope.ts';

/** The context in which keys of one level are generated and used. */
export interface KeyContext {
  readonly context: SEALContext;
  readonly evaluator: SealEvaluator;
}

/**
 * Contexts for keys of lower levels, whose keys are smaller. A key of SEAL spans all primes of its
 * context. SEAL identifies a modulus by its parms_id, a hash of scheme, N and primes. So a context
 * with the remaining primes of a level and the same special prime accepts the ciphertexts of this
 * level and all below unchanged, and its keys span the primes of that level only. Each context is
 * created at its first use and kept.
 */
export class KeyContexts implements Deletable {
  readonly #context: SchemeContext;
  readonly #scope = new Scope();
  readonly #byLevel = new Map<number, KeyContext>();

  constructor(context: SchemeContext) {
    this.#context = context;
  }

  /** Returns the context for keys of a level. */
  at(level: number): KeyContext {
    const known = this.#byLevel.get(level);
    if (known !== undefined) return known;
    const { seal } = this.#context;
    const created = translating(seal, `creating the context of level ${level}`, () => {
      const context = this.#contextOf(level);
      return { context, evaluator: this.#scope.own(new seal.Evaluator(context)) };
    });
    this.#byLevel.set(level, created);
    return created;
  }

  /** Returns the secret key in the context of a level; the caller deletes it. */
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
    this.#byLevel.clear();
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

/**
 * Offsets in a saved secret key, in bytes. It is a plaintext with one residue polynomial for each
 * prime, the special one last.
 */
const OFFSETS = { size: 8, parmsId: 16, coefficients: 48, arrayBytes: 72, arraySize: 80, head: 88 };

/**
 * Returns a saved secret key with only the first `kept` and the last of its `primes` residue
 * polynomials. The secret's coefficients are small, so its residues modulo one prime do not depend
 * on the other primes.
 *
 * @param ids the parms_id of the remaining primes
 * @throws ShoalError if the key does not have the format of SEAL 4.1, see `uniform-encoder.ts`
 */
function cutSecret(
  saved: Uint8Array,
  degree: number,
  primes: number,
  kept: number,
  ids: readonly bigint[],
): Uint8Array {
  const view = new DataView(saved.buffer, saved.byteOffset, saved.length);
  const size = OFFSETS.head + 8 * degree * primes;
  if (
    saved.length !== size ||
    Number(view.getBigUint64(OFFSETS.arraySize, true)) !== degree * primes
  )
    throw sealError('internal error: SEAL saves secret keys in an unknown format');
  const count = degree * (kept + 1);
  const cut = new Uint8Array(OFFSETS.head + 8 * count);
  const special = 8 * degree * (primes - 1);
  cut.set(saved.subarray(0, OFFSETS.head + 8 * degree * kept));
  cut.set(saved.subarray(OFFSETS.head + special), OFFSETS.head + 8 * degree * kept);
  const head = new DataView(cut.buffer);
  head.setBigUint64(OFFSETS.size, BigInt(cut.length), true);
  ids.forEach((id, i) => {
    head.setBigUint64(OFFSETS.parmsId + 8 * i, id, true);
  });
  head.setBigUint64(OFFSETS.coefficients, BigInt(count), true);
  head.setBigUint64(OFFSETS.arrayBytes, BigInt(cut.length - 64), true);
  head.setBigUint64(OFFSETS.arraySize, BigInt(count), true);
  return cut;
}
