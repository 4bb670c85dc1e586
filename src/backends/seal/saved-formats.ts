import type { ParmsIdType } from 'node-seal/allows';
import type { KeyName } from '../../memory/key-needs.ts';

/**
 * The formats in which SEAL 4.1 saves ciphertexts and keys without compression, little endian. All
 * of a saved object but coefficients and seeds is known beforehand. Bytes of other parties are
 * compared with it before SEAL reads them, so that SEAL never allocates memory for a size that they
 * claim. SEAL checks the coefficients itself.
 *
 * Ciphertext, in bytes: 16 header (magic, header size, version, compression, two zeros, size), 32
 * parms_id, 1 whether transformed, 8 number of polynomials, 8 N, 8 number of primes, 8 scale, 8
 * correction factor, 24 header and size of the array, then the coefficients. A random second
 * polynomial may be replaced by its generator's seed: 16 header, 1 kind of the generator, 64 seed.
 *
 * Relinearization or rotation key, in bytes: 16 header, 32 parms_id, 8 number of entries, then for
 * each entry 8 number of ciphertexts, and these ciphertexts.
 */

/** The format of a ciphertext, or of a public key, which is a ciphertext too. */
export interface CipherFormat {
  readonly parmsId: readonly bigint[];
  readonly isTransformed: boolean;
  /** Number of polynomials. */
  readonly size: number;
  readonly degree: number;
  readonly primes: number;
  readonly scale: number;
  /** Whether the correction factor must be 1: always, except for results of BGV. */
  readonly isCorrected: boolean;
  /** Whether the second polynomial is a seed. */
  readonly isSeeded: boolean;
}

/** The format of a relinearization or rotation key, seeded. */
export interface SwitchingKeyFormat {
  readonly parmsId: readonly bigint[];
  readonly degree: number;
  /** Number of primes, including the special one. */
  readonly primes: number;
  readonly name: KeyName;
}

/** A format without the `parms_id`, which only SEAL computes. It determines the size. */
export type Unhashed<Format> = Omit<Format, 'parmsId'>;

const HEADER_BYTES = 16;
const CIPHER_HEAD_BYTES = 113;
const CORRECTION_OFFSET = 81;
const ARRAY_OFFSET = 89;
const GENERATOR_BYTES = 81;
const VERSION = { major: 4, minor: 1 };

/** Returns the four numbers of a parms_id, and deletes it. */
export function parmsIdOf(id: ParmsIdType): readonly bigint[] {
  const numbers = id.values() as readonly bigint[];
  id.delete();
  return numbers;
}

/** Returns the bytes of a saved ciphertext. */
export function savedCipherBytes(format: Unhashed<CipherFormat>): number {
  return CIPHER_HEAD_BYTES + 8 * coefficients(format) + (format.isSeeded ? GENERATOR_BYTES : 0);
}

/** Returns the bytes of a saved relinearization or rotation key. */
export function savedKeyBytes(format: Unhashed<SwitchingKeyFormat>): number {
  const { primes } = format;
  const ciphers = (primes - 1) * (8 * format.degree * primes + CIPHER_HEAD_BYTES + GENERATOR_BYTES);
  return HEADER_BYTES + 32 + 8 + 8 * entryCount(format) + ciphers;
}

/** Whether bytes are a saved ciphertext of this format, except for coefficients and seeds. */
export function isSavedCipher(bytes: Uint8Array, format: CipherFormat): boolean {
  return bytes.length === savedCipherBytes(format) && isCipherAt(viewOf(bytes), 0, format);
}

/** Whether bytes are a saved relinearization or rotation key of this format. */
export function isSavedKey(bytes: Uint8Array, format: SwitchingKeyFormat): boolean {
  if (bytes.length !== savedKeyBytes(format)) return false;
  const view = viewOf(bytes);
  const isHead =
    isHeader(view, 0, bytes.length) &&
    isParmsId(view, HEADER_BYTES, format.parmsId) &&
    isNumber(view, HEADER_BYTES + 32, entryCount(format));
  return isHead && areCiphers(view, HEADER_BYTES + 32 + 8, format);
}

/** Whether bytes are a saved secret key of this format. */
export function isSavedSecret(
  bytes: Uint8Array,
  format: Pick<SwitchingKeyFormat, 'parmsId' | 'degree' | 'primes'>,
): boolean {
  const count = format.degree * format.primes;
  if (bytes.length !== SECRET_HEAD_BYTES + 8 * count) return false;
  const view = viewOf(bytes);
  return (
    isHeader(view, 0, bytes.length) &&
    isParmsId(view, HEADER_BYTES, format.parmsId) &&
    isNumber(view, HEADER_BYTES + 32, count) &&
    view.getFloat64(HEADER_BYTES + 40, true) === 1 &&
    isHeader(view, HEADER_BYTES + 48, bytes.length - HEADER_BYTES - 48) &&
    isNumber(view, SECRET_HEAD_BYTES - 8, count)
  );
}

/** Bytes before the coefficients of a secret key: see `key-contexts.ts`. */
const SECRET_HEAD_BYTES = 88;

/** Returns the bytes of a saved secret key. */
export function savedSecretBytes({ degree, primes }: { degree: number; primes: number }): number {
  return SECRET_HEAD_BYTES + 8 * degree * primes;
}

function areCiphers(view: DataView, start: number, format: SwitchingKeyFormat): boolean {
  const { parmsId, degree, primes } = format;
  const cipher: CipherFormat = { ...KEY_CIPHER, parmsId, degree, primes };
  const own = entryIndex(format);
  let at = start;
  for (let entry = 0; entry < entryCount(format); entry++) {
    const count = entry === own ? primes - 1 : 0;
    if (!isNumber(view, at, count)) return false;
    at += 8;
    for (let i = 0; i < count; i++) {
      if (!isCipherAt(view, at, cipher)) return false;
      at += savedCipherBytes(cipher);
    }
  }
  return true;
}

/** The properties that all ciphertexts in keys have in common. */
export const KEY_CIPHER = {
  isTransformed: true,
  size: 2,
  scale: 1,
  isCorrected: true,
  isSeeded: true,
} as const;

/** Returns the number of entries in SEAL's object for keys; all but one of them are empty. */
function entryCount({ name, degree }: Unhashed<SwitchingKeyFormat>): number {
  return name === 'relinearization' ? 1 : degree;
}

/** Returns the entry of a key: for a rotation it is (g - 1)/2, where g = 3^offset modulo 2N. */
function entryIndex({ name, degree }: SwitchingKeyFormat): number {
  if (name === 'relinearization') return 0;
  let element = 1;
  for (let i = 0; i < name; i++) element = (3 * element) % (2 * degree);
  return (element - 1) / 2;
}

function isCipherAt(view: DataView, at: number, format: CipherFormat): boolean {
  const { parmsId, isTransformed, size, degree, primes, scale, isCorrected, isSeeded } = format;
  const count = coefficients(format);
  const array = CIPHER_HEAD_BYTES - ARRAY_OFFSET + 8 * count;
  const total = savedCipherBytes(format);
  return (
    isHeader(view, at, total) &&
    isParmsId(view, at + 16, parmsId) &&
    view.getUint8(at + 48) === Number(isTransformed) &&
    isNumber(view, at + 49, size) &&
    isNumber(view, at + 57, degree) &&
    isNumber(view, at + 65, primes) &&
    view.getFloat64(at + 73, true) === scale &&
    (!isCorrected || isNumber(view, at + CORRECTION_OFFSET, 1)) &&
    isHeader(view, at + ARRAY_OFFSET, array) &&
    isNumber(view, at + ARRAY_OFFSET + 16, count) &&
    (!isSeeded || isHeader(view, at + total - GENERATOR_BYTES, GENERATOR_BYTES))
  );
}

function coefficients({ size, degree, primes, isSeeded }: Unhashed<CipherFormat>): number {
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
