import { describe, expect, test } from 'vitest';
import { parseNpy } from '../../src/arrays/npy.ts';
import type { ShoalError } from '../../src/errors/shoal-error.ts';
import { npyFile, npyWith } from './npy-files.ts';

const numbersIn = (bytes: Uint8Array) => [...parseNpy('a.npy', bytes).data];

function refusalOf(bytes: Uint8Array): string {
  try {
    parseNpy('a.npy', bytes);
  } catch (error) {
    const { code, message } = error as ShoalError;
    return `${code}: ${message}`;
  }
  return 'none';
}

/** Elements of each type, little endian, and the numbers that they stand for. */
const ELEMENTS: readonly (readonly [name: string, bytes: readonly number[], value: number])[] = [
  ['b1', [0], 0],
  ['b1', [1], 1],
  ['f4', [0x00, 0x00, 0x20, 0xc0], -2.5],
  ['f8', [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x40], 2.5],
  ['i1', [0xfe], -2],
  ['i2', [0x01, 0xff], -255],
  ['i4', [0x00, 0x01, 0x00, 0x80], -(2 ** 31) + 256],
  ['i8', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -1],
  ['u1', [0xfe], 254],
  ['u2', [0x01, 0xff], 65281],
  ['u4', [0x00, 0x01, 0x00, 0x80], 2 ** 31 + 256],
  ['u8', [0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00], 2 ** 32],
];

/** Half precision: a sign, 5 bits of exponent (bias 15) and 10 of fraction (IEEE 754 binary16). */
const HALVES: readonly (readonly [bits: number, value: number])[] = [
  [0x0000, 0],
  [0x8000, -0],
  [0x0001, 2 ** -24],
  [0x83ff, -1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3555, 1365 / 4096],
  [0x3c00, 1],
  [0xc100, -2.5],
  [0x7bff, 65504],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
];

test.each([
  ...ELEMENTS,
  ...HALVES.map(([bits, value]) => ['f2', [bits & 0xff, bits >> 8], value] as const),
])('%s of the bytes %j is %d, in any byte order', (name, bytes, value) => {
  expect(numbersIn(npyFile(`<${name}`, '(1,)', bytes))).toEqual([value]);
  expect(numbersIn(npyFile(`>${name}`, '(1,)', [...bytes].reverse()))).toEqual([value]);
});

test('the last axis varies fastest, in Fortran order the first', () => {
  const bytes = [1, 2, 3, 4, 5, 6];
  expect(numbersIn(npyFile('|u1', '(2, 3)', bytes))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(numbersIn(npyFile('|u1', '(2, 3)', bytes, 'True'))).toEqual([1, 3, 5, 2, 4, 6]);
  expect(numbersIn(npyFile('|u1', '()', [7]))).toEqual([7]);
});

describe('a file is refused', () => {
  test.each([
    [5, 'the file is cut off: the header announces 3 elements of 2 bytes'],
    [8, 'the file goes on for 2 bytes after the array: save one array in a file'],
    [1006, 'the file goes on for 1000 bytes after the array: save one array in a file'],
  ])('if its data are %d bytes', (count, message) => {
    const bytes = new Array<number>(count).fill(0);
    expect(refusalOf(npyFile('<i2', '(3,)', bytes))).toBe(`not-npy: ${message}`);
  });

  test('if another array follows', () => {
    const one = npyFile('<i2', '(1,)', [1, 0]);
    expect(refusalOf(Buffer.concat([one, one]))).toContain(`goes on for ${one.length} bytes`);
  });

  test.each([
    ['<c8', 'save the real and the imaginary parts as two arrays'],
    ['<c16', 'save the real and the imaginary parts as two arrays'],
    ['<f16', 'save as float64'],
    ['<U3', 'save numbers in place of strings'],
    ['|S3', 'save numbers in place of strings'],
    ['|O', 'save an array of numbers, such as `np.array(x, dtype=float)`'],
    ['|V4', 'save each field as an array of its own'],
    ['<M8[ns]', 'save the times as numbers, such as `x.astype("int64")`'],
    ['<m8[s]', 'save the times as numbers, such as `x.astype("int64")`'],
    ['<i3', 'save as float64'],
    ['b', 'save as float64'],
  ])('if its elements have the type %s', (descr, advice) => {
    expect(refusalOf(npyFile(descr, '(1,)', new Array(16).fill(0)))).toBe(
      `not-npy: elements of type '${descr}' are not supported: ${advice}; ` +
        'the types are b1, f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8',
    );
  });

  test('if its elements are structures', () => {
    const header =
      "{'descr': [('a', '<f4'), ('b', '<i2')], 'fortran_order': False, 'shape': (1,), }";
    expect(refusalOf(npyWith(header, new Array(6).fill(0)))).toContain(
      "elements of type 'V' are not supported: save each field as an array of its own",
    );
  });

  test('if an integer is no float64', () => {
    const bytes = [0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00];
    const message = `${2n ** 53n + 1n} is too large for float64`;
    expect(refusalOf(npyFile('<u8', '(1,)', bytes))).toBe(`not-npy: ${message}`);
  });
});
