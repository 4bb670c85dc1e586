import { describe, expect, test } from 'vitest';
import {
  type CipherFormat,
  isSavedCipher,
  isSavedKey,
  isSavedSecret,
  KEY_CIPHER,
  savedCipherBytes,
  savedKeyBytes,
} from '../../src/backends/seal/saved-formats.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { at, defined } from '../../src/lookup.ts';
import { keyLevels } from '../../src/memory/key-levels.ts';
import type { CkksParams } from '../../src/plan/plan.ts';
import { party, planFor } from '../client-server/support.ts';
import { contentsOf, takeApart } from '../files/container.ts';

/**
 * Bytes that SEAL saved are recognized, and every change of a byte that is known beforehand is
 * refused: SEAL never reads a size, a scale or a correction factor that another party chose.
 */

const plan = planFor('input x: cipher[4] within [-1, 1];\noutput y = x*x + rotate(x, 1);\n');
const keys = await keygen(plan);
const x = { x: [1, 0, -1, 0.5] };
const partOf = (file: Uint8Array, index = 0) => contentsOf(at(takeApart(file).parts, index));
const saved = {
  seeded: partOf(await encrypt(plan, keys.secret, party(x))),
  whole: partOf(await encrypt(plan, keys.public, party(x))),
  secret: partOf(keys.secret),
};

const params = plan.params as CkksParams;
const { polyModulusDegree: degree, basePrimes, coeffModulus } = params;
/** The four numbers of the parms_id that saved bytes have, which follow a header of 16 bytes. */
const parmsIdIn = (bytes: Buffer) =>
  Array.from({ length: 4 }, (_, i) => bytes.readBigUInt64LE(16 + 8 * i));
const uploadLevel = Math.max(...plan.ops.map((op) => (op.op === 'upload' ? op.level : -1)));

function formatOf(bytes: Buffer, isSeeded: boolean): CipherFormat {
  return {
    parmsId: parmsIdIn(bytes),
    isTransformed: true,
    size: 2,
    degree,
    primes: basePrimes + uploadLevel,
    scale: at(params.scales, uploadLevel),
    isCorrected: true,
    isSeeded,
  };
}

/** Returns the offsets of bytes whose change is accepted. */
function unchecked(bytes: Buffer, offsets: readonly number[], is: (bytes: Buffer) => boolean) {
  expect(is(bytes)).toBe(true);
  const changed = Buffer.from(bytes);
  return offsets.filter((offset) => {
    const byte = at(changed, offset);
    changed[offset] = byte ^ 0x80;
    const accepted = is(changed);
    changed[offset] = byte;
    return accepted;
  });
}

const from = (start: number, end: number) =>
  Array.from({ length: end - start }, (_, i) => start + i);

describe('a saved ciphertext', () => {
  /** Header, parms_id, flags, sizes, scale, correction factor, header and size of the array. */
  const HEAD = 113;

  test.each([
    ['whole', false],
    ['seeded', true],
  ] as const)('%s: every byte of its head is known', (kind, isSeeded) => {
    const bytes = saved[kind];
    const format = formatOf(bytes, isSeeded);
    expect(bytes).toHaveLength(savedCipherBytes(format));
    const is = (own: Buffer) => isSavedCipher(own, format);
    expect(unchecked(bytes, from(0, HEAD), is)).toEqual([]);
    // Coefficients are SEAL's to check, and a seed is random.
    const coefficients = [HEAD, HEAD + 1, HEAD + 8 * degree];
    expect(unchecked(bytes, coefficients, is)).toEqual(coefficients);
    const seed = from(bytes.length - 64, bytes.length);
    expect(unchecked(bytes, seed, is)).toEqual(seed);
    if (isSeeded)
      expect(unchecked(bytes, from(bytes.length - 81, bytes.length - 65), is)).toEqual([]);
  });

  test('has the length of its format', () => {
    const format = formatOf(saved.whole, false);
    expect(isSavedCipher(saved.whole.subarray(0, -1), format)).toBe(false);
    expect(isSavedCipher(Buffer.concat([saved.whole, Buffer.alloc(1)]), format)).toBe(false);
  });

  test('of BGV may have another correction factor, if the format says so', () => {
    const format = { ...formatOf(saved.whole, false), isCorrected: false };
    const is = (own: Buffer) => isSavedCipher(own, format);
    expect(unchecked(saved.whole, from(0, HEAD), is)).toEqual(from(81, 89));
  });

  test.each<[string, Partial<CipherFormat>]>([
    ['number of polynomials', { size: 3 }],
    ['ring', { degree: degree / 2 }],
    ['number of primes', { primes: basePrimes + uploadLevel + 1 }],
    ['scale', { scale: 2 * at(params.scales, uploadLevel) }],
    ['transform', { isTransformed: false }],
    ['seed', { isSeeded: true }],
    ['parameters', { parmsId: [0n, 0n, 0n, 0n] }],
  ])('is not one of another %s', (_, own) => {
    expect(isSavedCipher(saved.whole, { ...formatOf(saved.whole, false), ...own })).toBe(false);
  });
});

describe('a saved key', () => {
  const levels = [...keyLevels(plan)];
  test.each(levels)('%s at level %i: all but coefficients and seeds is known', (name, level) => {
    const index = levels.findIndex(([other]) => other === name);
    const bytes = partOf(keys.evaluation, index + 1);
    const format = { parmsId: parmsIdIn(bytes), degree, primes: basePrimes + level + 1, name };
    expect(bytes).toHaveLength(savedKeyBytes(format));
    const is = (own: Buffer) => isSavedKey(own, format);
    // The header, the number of entries, and the first entry.
    expect(unchecked(bytes, from(0, 64), is)).toEqual([]);
    expect(is(bytes.subarray(0, -1))).toBe(false);
    // A ciphertext of the key: the first one follows its entry's number of ciphertexts.
    const cipher = { ...KEY_CIPHER, parmsId: format.parmsId, degree, primes: format.primes };
    const size = savedCipherBytes(cipher);
    const start = bytes.length - trailingEntries(name) - size;
    expect(unchecked(bytes, from(start, start + 113), is)).toEqual([]);
    const other = name === 'relinearization' ? 1 : 'relinearization';
    expect(isSavedKey(bytes, { ...format, name: other })).toBe(false);
    if (typeof name === 'number')
      expect(isSavedKey(bytes, { ...format, name: name + 1 })).toBe(false);
  });

  /** Bytes of the empty entries behind that of a rotation: its element is 3^offset. */
  function trailingEntries(name: number | 'relinearization'): number {
    return name === 'relinearization' ? 0 : 8 * (degree - 1 - (3 ** name - 1) / 2);
  }
});

test('a saved secret key: every byte of its head is known', () => {
  const format = { parmsId: parmsIdIn(saved.secret), degree, primes: coeffModulus.length };
  const is = (own: Buffer) => isSavedSecret(own, format);
  expect(unchecked(saved.secret, from(0, 88), is)).toEqual([]);
  expect(unchecked(saved.secret, [88, 96], is)).toEqual([88, 96]);
  expect(is(saved.secret.subarray(0, -1))).toBe(false);
});

test('a result is not seeded, and has the format of its value', async () => {
  const upload = await encrypt(plan, keys.secret, party(x));
  const bytes = partOf(await evaluate(plan, keys.evaluation, [upload]));
  const { value } = defined(plan.outputs[0]);
  const op = defined(plan.ops[value]);
  const level = 'level' in op ? op.level : -1;
  const format: CipherFormat = {
    ...formatOf(bytes, false),
    primes: basePrimes + level,
    scale: at(params.scales, level),
  };
  expect(isSavedCipher(bytes, format)).toBe(true);
  expect(isSavedCipher(bytes, { ...format, isSeeded: true })).toBe(false);
});
