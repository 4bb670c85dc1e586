import type { Ciphertext, PublicKey, SecretKey } from 'node-seal/allows';
import { hasCode, ShoalError } from '../../errors/shoal-error.ts';
import { defined } from '../../lookup.ts';
import type { Plan } from '../../plan/plan.ts';
import { cipherProperties } from '../../schemes/ckks/scales.ts';
import { integerProperties } from '../../schemes/integers/value-properties.ts';
import { translating } from './load-seal.ts';
import {
  type CipherFormat,
  isSavedCipher,
  isSavedSecret,
  KEY_CIPHER,
  parmsIdOf,
  savedCipherBytes,
  savedSecretBytes,
  type Unhashed,
} from './saved-formats.ts';
import type { SchemeContext } from './scheme-evaluator.ts';

/** Loads bytes of other parties: checks that their format is the plan's before SEAL reads them. */

/** Bytes of another party. */
export interface UntrustedBytes {
  /** The file that they come from. */
  readonly file: string;
  /** Their name in messages. */
  readonly what: string;
  /** Returns the bytes; throws unless there are exactly `length` of them. */
  read(length: number): Uint8Array;
}

/** The format of a ciphertext before SEAL is loaded. */
export interface ExpectedCipher extends Unhashed<CipherFormat> {
  readonly level: number;
}

/**
 * Returns the format of each ciphertext of a plan, by its index, as it is evaluated: not seeded.
 * Values in the clear have none.
 */
export function expectedCiphers(plan: Plan): ReadonlyMap<number, ExpectedCipher> {
  const { levels, sizes, scaleOf } = shapesOf(plan);
  const { params } = plan;
  return new Map(
    plan.ops.flatMap((_, at) => {
      const level = defined(levels[at]);
      if (level < 0) return [];
      const format: ExpectedCipher = {
        level,
        isTransformed: plan.scheme !== 'bfv',
        size: defined(sizes[at]),
        degree: params.polyModulusDegree,
        primes: params.basePrimes + level,
        scale: scaleOf(at),
        isCorrected: plan.scheme !== 'bgv',
        isSeeded: false,
      };
      return [[at, format] as const];
    }),
  );
}

function shapesOf(plan: Plan) {
  if (plan.scheme !== 'ckks') return { ...integerProperties(plan), scaleOf: () => 1 };
  const properties = cipherProperties(plan);
  const { scales } = plan.params;
  return {
    ...properties,
    scaleOf: (at: number) =>
      defined(scales[defined(properties.levels[at])]) ** defined(properties.degrees[at]),
  };
}

/**
 * Loads a ciphertext; the caller deletes it.
 *
 * @throws ShoalError if it does not have the format, or SEAL refuses it
 */
export function loadUntrustedCipher(
  context: SchemeContext,
  expected: ExpectedCipher,
  foreign: UntrustedBytes,
): Ciphertext {
  const parmsId = defined(context.parmsIds[expected.level]).values() as readonly bigint[];
  const format: CipherFormat = { ...expected, parmsId };
  const saved = foreign.read(savedCipherBytes(format));
  if (!isSavedCipher(saved, format)) throw refused(foreign);
  return load(context, foreign, saved, new context.seal.Ciphertext());
}

/** Loads a public key, as {@link loadUntrustedCipher} does. */
export function loadUntrustedPublicKey(context: SchemeContext, foreign: UntrustedBytes): PublicKey {
  const format = publicKeyFormat(context);
  const saved = foreign.read(savedCipherBytes(format));
  if (!isSavedCipher(saved, format)) throw refused(foreign);
  return load(context, foreign, saved, new context.seal.PublicKey());
}

/** Returns the bytes of a saved public key. */
export function publicKeyBytes(params: Plan['params']): number {
  return savedCipherBytes(expectedPublicKey(params));
}

/** Loads a secret key, as {@link loadUntrustedCipher} does. */
export function loadUntrustedSecretKey(context: SchemeContext, foreign: UntrustedBytes): SecretKey {
  const format = publicKeyFormat(context);
  const saved = foreign.read(savedSecretBytes(format));
  try {
    if (!isSavedSecret(saved, format)) throw refused(foreign);
    return load(context, foreign, saved, new context.seal.SecretKey());
  } finally {
    saved.fill(0);
  }
}

/** Returns the bytes of a saved secret key. */
export function secretKeyBytes(params: Plan['params']): number {
  return savedSecretBytes(expectedPublicKey(params));
}

function publicKeyFormat({ params, context }: SchemeContext): CipherFormat {
  return { ...expectedPublicKey(params), parmsId: parmsIdOf(context.keyParmsId()) };
}

function expectedPublicKey({ polyModulusDegree, coeffModulus }: Plan['params']) {
  return { ...KEY_CIPHER, degree: polyModulusDegree, primes: coeffModulus.length };
}

interface Loadable {
  loadFromArray(context: unknown, bytes: Uint8Array): void;
  delete(): void;
}

function load<T extends Loadable>(
  { seal, context }: SchemeContext,
  foreign: UntrustedBytes,
  saved: Uint8Array,
  object: T,
): T {
  try {
    translating(seal, `loading ${foreign.what}`, () => object.loadFromArray(context, saved));
    return object;
  } catch (error) {
    object.delete();
    throw hasCode(error, 'evaluation-failed') ? refused(foreign, error.message) : error;
  }
}

function refused({ what, file }: UntrustedBytes, why?: string): ShoalError {
  const message = `${what} is not one of this plan${why === undefined ? '' : `: ${why}`}`;
  return new ShoalError('bad-file', message, { file });
}
