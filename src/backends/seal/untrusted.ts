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

/** Returns the format of each ciphertext of a plan, by its index; values in the clear have none. */
export function valueFormats(
  context: SchemeContext,
  plan: Plan,
): ReadonlyMap<number, CipherFormat> {
  const { levels, sizes, scaleOf } = shapesOf(plan);
  const { params } = plan;
  return new Map(
    plan.ops.flatMap((_, at) => {
      const level = defined(levels[at]);
      if (level < 0) return [];
      const format: CipherFormat = {
        parmsId: defined(context.parmsIds[level]).values() as readonly bigint[],
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
  format: CipherFormat,
  foreign: UntrustedBytes,
): Ciphertext {
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
export function publicKeyBytes(context: SchemeContext): number {
  return savedCipherBytes(publicKeyFormat(context));
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

function publicKeyFormat({ params, context }: SchemeContext): CipherFormat {
  return {
    ...KEY_CIPHER,
    parmsId: parmsIdOf(context.keyParmsId()),
    degree: params.polyModulusDegree,
    primes: params.coeffModulus.length,
  };
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
