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

/** What somebody else has saved: its form is found to be the plan's before SEAL reads it. */

/** Bytes of somebody else. */
export interface UntrustedBytes {
  /** The file that they come from. */
  readonly file: string;
  /** What they are called in messages. */
  readonly what: string;
  /** The bytes, of which there have to be so many. */
  read(length: number): Uint8Array;
}

/** The form of each ciphertext of a plan, by its place; none for values in clear. */
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
      const form: CipherFormat = {
        parmsId: defined(context.parmsIds[level]).values() as readonly bigint[],
        isTransformed: plan.scheme !== 'bfv',
        size: defined(sizes[at]),
        degree: params.polyModulusDegree,
        primes: params.basePrimes + level,
        scale: scaleOf(at),
        isCorrected: plan.scheme !== 'bgv',
        isSeeded: false,
      };
      return [[at, form] as const];
    }),
  );
}

function shapesOf(plan: Plan) {
  if (plan.scheme !== 'ckks') return { ...integerProperties(plan), scaleOf: () => 1 };
  const forms = cipherProperties(plan);
  const { scales } = plan.params;
  return {
    ...forms,
    scaleOf: (at: number) =>
      defined(scales[defined(forms.levels[at])]) ** defined(forms.degrees[at]),
  };
}

/**
 * A ciphertext; the caller deletes it.
 *
 * @throws ShoalError if it has not the form, or SEAL refuses it
 */
export function loadUntrustedCipher(
  context: SchemeContext,
  form: CipherFormat,
  foreign: UntrustedBytes,
): Ciphertext {
  const saved = foreign.read(savedCipherBytes(form));
  if (!isSavedCipher(saved, form)) throw refused(foreign);
  return load(context, foreign, saved, new context.seal.Ciphertext());
}

/** The same for a public key. */
export function loadUntrustedPublicKey(context: SchemeContext, foreign: UntrustedBytes): PublicKey {
  const form = publicKeyForm(context);
  const saved = foreign.read(savedCipherBytes(form));
  if (!isSavedCipher(saved, form)) throw refused(foreign);
  return load(context, foreign, saved, new context.seal.PublicKey());
}

/** Bytes of a saved public key. */
export function publicKeyBytes(context: SchemeContext): number {
  return savedCipherBytes(publicKeyForm(context));
}

/** The same for a secret key. */
export function loadUntrustedSecretKey(context: SchemeContext, foreign: UntrustedBytes): SecretKey {
  const form = publicKeyForm(context);
  const saved = foreign.read(savedSecretBytes(form));
  try {
    if (!isSavedSecret(saved, form)) throw refused(foreign);
    return load(context, foreign, saved, new context.seal.SecretKey());
  } finally {
    saved.fill(0);
  }
}

function publicKeyForm({ params, context }: SchemeContext): CipherFormat {
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
