import type { ParmsIdType } from 'node-seal/allows';
import type { KeyName } from '../../memory/key-needs.ts';

/**
 * How SEAL 4.1 saves ciphertexts and keys without compression, little endian: everything but coefficients and seeds is
 * known beforehand. What comes from elsewhere is compared with it before SEAL reads a byte, so that SEAL allocates
 * nothing on the word of others; it checks the coefficients itself.
 *
 * Ciphertext: 16 bytes header (magic, header size, version, compression, two zeros, size), 32 of parms_id, 1 whether
 * transformed, 8 of polynomials, 8 of N, 8 of primes, 8 of scale, 8 of correction factor, 24 of the array's header and
 * size, the coefficients. If the second polynomial is random, it may be a generator's seed: 16 bytes header, 1 of the
 * generator's kind, 64 of seed.
 *
 * Key for switching: 16 bytes header, 32 of parms_id, 8 of how many keys there could be, then for each of them 8 of how
 * many ciphertexts it has, and these.
 */

/** A ciphertext, or a public key, which is one. */
export interface CipherFormat {
  readonly parmsId: readonly bigint[];
  readonly isTransformed: boolean;
  /** Polynomials. */
  readonly size: number;
  readonly degree: number;
  readonly primes: number;
  readonly scale: number;
  /** Whether its correction factor is 1: always, but for results of BGV. */
  readonly isCorrected: boolean;
  /** Whether the second polynomial is a seed. */
  readonly isSeeded: boolean;
}

/** A relinearization or rotation key, seeded. */
export interface SwitchingKeyFormat {
  readonly parmsId: readonly bigint[];
  readonly degree: number;
  /** With the special one. */
  readonly primes: number;
  readonly name: KeyName;
}

const HEADER_BYTES = 16;
const CIPHER_HEAD_BYTES = 113;
const CORRECTION_PLACE = 81;
const ARRAY_PLACE = 89;
const GENERATOR_BYTES = 81;
const VERSION = { major: 4, minor: 1 };

/** The four numbers of a parms_id, which is deleted. */
export function parmsIdOf(id: ParmsIdType): readonly bigint[] {
  const numbers = id.values() as readonly bigint[];
  id.delete();
  return numbers;
}

/** Bytes of a saved ciphertext. */
export function savedCipherBytes(form: CipherFormat): number {
  return CIPHER_HEAD_BYTES + 8 * coefficients(form) + (form.isSeeded ? GENERATOR_BYTES : 0);
}

/** Bytes of a saved key. */
export function savedKeyBytes(form: SwitchingKeyFormat): number {
  const { primes } = form;
  const ciphers = (primes - 1) * (8 * form.degree * primes + CIPHER_HEAD_BYTES + GENERATOR_BYTES);
  return HEADER_BYTES + 32 + 8 + 8 * places(form) + ciphers;
}

/** Whether bytes have the form of a saved ciphertext, as far as it is known beforehand. */
export function isSavedCipher(bytes: Uint8Array, form: CipherFormat): boolean {
  return bytes.length === savedCipherBytes(form) && isCipherAt(viewOf(bytes), 0, form);
}

/** Whether bytes have the form of a saved key. */
export function isSavedKey(bytes: Uint8Array, form: SwitchingKeyFormat): boolean {
  if (bytes.length !== savedKeyBytes(form)) return false;
  const view = viewOf(bytes);
  const isHead =
    isHeader(view, 0, bytes.length) &&
    isParmsId(view, HEADER_BYTES, form.parmsId) &&
    isNumber(view, HEADER_BYTES + 32, places(form));
  return isHead && areCiphers(view, HEADER_BYTES + 32 + 8, form);
}

/** Whether bytes have the form of a saved secret key. */
export function isSavedSecret(
  bytes: Uint8Array,
  form: Pick<SwitchingKeyFormat, 'parmsId' | 'degree' | 'primes'>,
): boolean {
  const count = form.degree * form.primes;
  if (bytes.length !== SECRET_HEAD_BYTES + 8 * count) return false;
  const view = viewOf(bytes);
  return (
    isHeader(view, 0, bytes.length) &&
    isParmsId(view, HEADER_BYTES, form.parmsId) &&
    isNumber(view, HEADER_BYTES + 32, count) &&
    view.getFloat64(HEADER_BYTES + 40, true) === 1 &&
    isHeader(view, HEADER_BYTES + 48, bytes.length - HEADER_BYTES - 48) &&
    isNumber(view, SECRET_HEAD_BYTES - 8, count)
  );
}

/** See `key-contexts.ts`. */
const SECRET_HEAD_BYTES = 88;

/** Bytes of a saved secret key. */
export function savedSecretBytes({ degree, primes }: { degree: number; primes: number }): number {
  return SECRET_HEAD_BYTES + 8 * degree * primes;
}

function areCiphers(view: DataView, start: number, form: SwitchingKeyFormat): boolean {
  const { parmsId, degree, primes } = form;
  const cipher: CipherFormat = { ...KEY_CIPHER, parmsId, degree, primes };
  const own = offsetOf(form);
  let at = start;
  for (let place = 0; place < places(form); place++) {
    const count = place === own ? primes - 1 : 0;
    if (!isNumber(view, at, count)) return false;
    at += 8;
    for (let i = 0; i < count; i++) {
      if (!isCipherAt(view, at, cipher)) return false;
      at += savedCipherBytes(cipher);
    }
  }
  return true;
}

/** What ciphertexts in keys have in common. */
export const KEY_CIPHER = {
  isTransformed: true,
  size: 2,
  scale: 1,
  isCorrected: true,
  isSeeded: true,
} as const;

/** How many keys SEAL has a place for in one object. */
function places({ name, degree }: SwitchingKeyFormat): number {
  return name === 'relinearization' ? 1 : degree;
}

/** The place of a key among them: a rotation's is (g - 1)/2 for g = 3^steps modulo 2N. */
function offsetOf({ name, degree }: SwitchingKeyFormat): number {
  if (name === 'relinearization') return 0;
  let element = 1;
  for (let i = 0; i < name; i++) element = (3 * element) % (2 * degree);
  return (element - 1) / 2;
}

function isCipherAt(view: DataView, at: number, form: CipherFormat): boolean {
  const { parmsId, isTransformed, size, degree, primes, scale, isCorrected, isSeeded } = form;
  const count = coefficients(form);
  const array = CIPHER_HEAD_BYTES - ARRAY_PLACE + 8 * count;
  const total = savedCipherBytes(form);
  return (
    isHeader(view, at, total) &&
    isParmsId(view, at + 16, parmsId) &&
    view.getUint8(at + 48) === Number(isTransformed) &&
    isNumber(view, at + 49, size) &&
    isNumber(view, at + 57, degree) &&
    isNumber(view, at + 65, primes) &&
    view.getFloat64(at + 73, true) === scale &&
    (!isCorrected || isNumber(view, at + CORRECTION_PLACE, 1)) &&
    isHeader(view, at + ARRAY_PLACE, array) &&
    isNumber(view, at + ARRAY_PLACE + 16, count) &&
    (!isSeeded || isHeader(view, at + total - GENERATOR_BYTES, GENERATOR_BYTES))
  );
}

function coefficients({ size, degree, primes, isSeeded }: CipherFormat): number {
  return degree * primes * (isSeeded ? size - 1 : size);
}

function isHeader(view: DataView, at: number, size: number): boolean {
  return (
    view.getUint16(at, true) === 0xa15e &&
    view.getUint8(at + 2) === HEADER_BYTES &&
    view.getUint8(at + 3) === VERSION.major &&
    view.getUint8(at + 4) === VERSION.minor &&
    view.getUint8(at + 5) === 0 &&
    view.getUint16(at + 6, true) === 0 &&
    isNumber(view, at + 8, size)
  );
}

function isParmsId(view: DataView, at: number, id: readonly bigint[]): boolean {
  return id.every((part, i) => view.getBigUint64(at + 8 * i, true) === part);
}

function isNumber(view: DataView, at: number, value: number): boolean {
  return (
    view.getUint32(at, true) === value % 2 ** 32 &&
    view.getUint32(at + 4, true) === Math.floor(value / 2 ** 32)
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
