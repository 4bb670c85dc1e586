import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Room } from '../../src/arrays/array-data.ts';
import { parseArray } from '../../src/arrays/parse-array.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { npyFile, npyWith } from './npy-files.ts';
import { divideExactly } from './quotients.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Returns shape and float64 numbers of an array. */
function parsed(file: string, bytes: Uint8Array | string) {
  const { shape, data } = parseArray(file, typeof bytes === 'string' ? bytesOf(bytes) : bytes);
  return { shape, numbers: data.map(({ value }) => value) };
}

/** Returns code, position and message of a refusal, in one line. */
function refusalOf(file: string, bytes: Uint8Array | string, room?: Room): string {
  const content = typeof bytes === 'string' ? bytesOf(bytes) : bytes;
  try {
    parseArray(file, content, room);
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    const { code, message, location } = error;
    expect(location?.file).toBe(file);
    expect(message).toMatch(/^[^\n\r\0]{1,250}$/u);
    expect(error.status).toBe(1);
    const { line, column } = location?.position ?? {};
    return `${code}${line === undefined ? '' : ` ${line}:${column}`}: ${message}`;
  }
  return 'none';
}

describe('the shape of an array is that of', () => {
  test.each([
    ['3', [], [3]],
    [' -0.5e1 ', [], [-5]],
    ['[]', [0], []],
    ['[[]]', [1, 0], []],
    ['[[], []]', [2, 0], []],
    ['[[[], []]]', [1, 2, 0], []],
    ['[1, 2, 3]', [3], [1, 2, 3]],
    ['[[1, 2, 3], [4, 5, 6]]', [2, 3], [1, 2, 3, 4, 5, 6]],
    ['[[[1], [2]], [[3], [4]]]', [2, 2, 1], [1, 2, 3, 4]],
    ['[[[[7]]]]', [1, 1, 1, 1], [7]],
    ['\ufeff[1]', [1], [1]],
  ])('the JSON %s', (text, shape, numbers) => {
    expect(parsed('a.json', text)).toEqual({ shape, numbers });
  });

  test.each([
    ['1,2,3\n4,5,6\n', [2, 3], [1, 2, 3, 4, 5, 6]],
    ['a,b\n1,2\n3,4', [2, 2], [1, 2, 3, 4]],
    ['1,2,3\n', [3], [1, 2, 3]],
    ['1\n2\n3\n', [3], [1, 2, 3]],
    ['x\n1\n2\n', [2], [1, 2]],
    ['5', [], [5]],
    ['# two\r\n\r\n1, .5\r\n+2 ,3.\r\n', [2, 2], [1, 0.5, 2, 3]],
    ['"1","2"\n"3","4"\n', [2, 2], [1, 2, 3, 4]],
    ['1,2\r3,4\r', [2, 2], [1, 2, 3, 4]],
  ])('the table %j', (text, shape, numbers) => {
    expect(parsed('a.csv', text)).toEqual({ shape, numbers });
  });

  test.each([
    [npyFile('|u1', '()', [7]), [], [7]],
    [npyFile('|u1', '(0,)', []), [0], []],
    [npyFile('|u1', '(2, 0, 3)', []), [2, 0, 3], []],
    [npyFile('|u1', '(1, 2)', [8, 9]), [1, 2], [8, 9]],
    [npyFile('|b1', '(3,)', [0, 1, 2]), [3], [0, 1, 1]],
    // Element (i, j, k) of [2, 3, 2] is at i + 2j + 6k.
    [
      npyFile('|u1', '(2, 3, 2)', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 'True'),
      [2, 3, 2],
      [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11],
    ],
  ])('a NumPy file (%#)', (bytes, shape, numbers) => {
    expect(parsed('a.npy', bytes)).toEqual({ shape, numbers });
  });
});

describe('the exact number', () => {
  const exact = (file: string, bytes: Uint8Array | string) =>
    parseArray(file, typeof bytes === 'string' ? bytesOf(bytes) : bytes).data;

  test.each([
    ['0.1', 1n, 10n],
    ['-0.1', -1n, 10n],
    ['1e-3', 1n, 1000n],
    ['1.5E+2', 150n, 1n],
    ['-0', 0n, 1n],
    ['1e21', 10n ** 21n, 1n],
    ['5e-324', 5n, 10n ** 324n],
    ['9007199254740991', 2n ** 53n - 1n, 1n],
    // More digits than a float64 has: the shortest decimal that rounds to the same float64.
    ['123456789012345678901', 123456789012345680000n, 1n],
    ['0.1000000000000000055511151231257827', 1n, 10n],
  ])('of %s in a text is a decimal', (text, numerator, denominator) => {
    const residue = divideExactly(numerator, denominator);
    expect(exact('a.json', `[${text}]`)).toEqual([{ value: Number(text) + 0, residue }]);
    expect(exact('a.csv', `${text},1`)[0]).toEqual({ value: Number(text) + 0, residue });
  });

  test('of a NumPy float is its binary fraction', () => {
    const bytes = new Uint8Array(Float64Array.of(0.1, -0.75).buffer);
    // 0.1 is 0x1.999999999999ap-4.
    expect(exact('a.npy', npyFile('<f8', '(2,)', [...bytes]))).toEqual([
      { value: 0.1, residue: divideExactly(0x1999999999999an, 2n ** 56n) },
      { value: -0.75, residue: divideExactly(-3n, 4n) },
    ]);
    expect(exact('a.npy', npyFile('<f4', '(1,)', [0xcd, 0xcc, 0xcc, 0x3d]))).toEqual([
      { value: 0.10000000149011612, residue: divideExactly(0xcccccdn, 2n ** 27n) },
    ]);
  });
});

const NOT_NPY: readonly (readonly [why: string, bytes: Uint8Array, message: string])[] = [
  ['is empty', new Uint8Array(), 'not-npy: not a numpy file'],
  ['is another', bytesOf('PK\x03\x04 an archive'), 'not-npy: not a numpy file'],
  ['ends in its magic', bytesOf('\x93NUM'), 'not-npy: not a numpy file'],
  ['ends in its header', npyFile('<f8', '(1,)', []).subarray(0, 40), 'not-npy: not a numpy file'],
  [
    'has version 9',
    Buffer.from('\x93NUMPY\x09\x00\x10\x00{}              ', 'latin1'),
    'not-npy: not a numpy file',
  ],
  [
    'has a header of 4 GB',
    Buffer.concat([Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff', 'latin1'), Buffer.alloc(99)]),
    'not-npy: not a numpy file',
  ],
  ['has a header of NUL', npyWith('\0'.repeat(100), []), 'not-npy: the header cannot be read'],
  ['has no shape', npyWith("{'descr': '<f8'}", []), 'not-npy: the header cannot be read'],
  ...['(-1,)', '(1e6,)', '(0x10,)', '(9007199254740993,)', `(${'9'.repeat(400)}, 0)`, '1'].map(
    (shape) =>
      [
        `has the shape ${shape.slice(0, 20)}`,
        npyFile('<f8', shape, []),
        'not-npy: the header cannot be read',
      ] as const,
  ),
  [
    'has 10,000 axes',
    npyFile('|u1', `(${'1,'.repeat(10_000)})`, [0]),
    'not-npy: the header cannot be read',
  ],
  ['has 5 axes', npyFile('|u1', '(1,1,1,1,1)', [0]), 'rank: the array has 5 axes, more than 4'],
  [
    'announces 2^40 numbers',
    npyFile('<f8', `(${2 ** 20}, ${2 ** 20})`, [0, 0]),
    'tensor-too-large: the array has more than 16777216 numbers',
  ],
  [
    'announces 2^212 numbers',
    npyFile('<f8', `(${[1, 2, 3, 4].map(() => 2 ** 53 - 1)})`, [0, 0]),
    'tensor-too-large: the array has more than 16777216 numbers',
  ],
  [
    'has an axis of 2^40 without numbers',
    npyFile('<f8', `(0, ${2 ** 40})`, []),
    'tensor-too-large: an axis of the array has more than 16777216 elements',
  ],
  [
    'is cut off',
    npyFile('<f8', '(1000000,)', [1, 2, 3]),
    'not-npy: the file is cut off: the header announces 1000000 elements of 8 bytes',
  ],
  [
    'has a NaN',
    npyFile('<f2', '(2, 2)', [0, 0, 0, 0, 0, 0x7e, 0, 0]),
    'not-a-number: the element [1][0] is NaN, not a finite number',
  ],
  [
    'has an infinity',
    npyFile('<f2', '()', [0, 0xfc]),
    'not-a-number: the value is -Infinity, not a finite number',
  ],
];

describe('a NumPy file is refused that', () => {
  test.each(NOT_NPY)('%s', (_, bytes, message) => {
    expect(refusalOf('a.npy', bytes)).toBe(message);
  });
});

const NOT_JSON: readonly (readonly [text: string, message: string])[] = [
  ['', 'not-json 1:1: the file is empty'],
  [' \n', 'not-json 2:1: the file is empty'],
  ['[1, 2', 'not-json 1:6: not JSON: the text ends too early'],
  ['[1, 2]]', "not-json 1:7: not JSON: end of file expected at ']'"],
  ['[1,]', "not-json 1:4: not JSON: value expected at ']'"],
  ['[1 2]', "not-json 1:4: not JSON: comma expected at '2'"],
  ['[01]', "not-json 1:3: not JSON: comma expected at '1'"],
  ['[1.]', "not-json 1:2: not JSON: unexpected end of number at '1.'"],
  ['[+1]', "not-json 1:2: not JSON: invalid symbol at '+1'"],
  ['[1\0]', "not-json 1:3: not JSON: invalid symbol at '\ufffd'"],
  ['[1, // one\n2]', "not-json 1:5: not JSON: invalid comment token at '// one'"],
  ['[NaN]', "not-json 1:2: not JSON: 'NaN' is not a JSON number; numbers must be finite"],
  ['[1, 1e400]', 'not-a-number 1:5: the element [1] is a number too large for float64'],
  ['[1,\n "a"]', 'not-a-number 2:2: the element [1] is the string "a", not a number'],
  ['[[1, null]]', 'not-a-number 1:6: the element [0][1] is null, not a number'],
  ['true', 'not-a-number 1:1: the value is true, not a number'],
  [
    '{"w": [1]}',
    'not-an-array 1:1: there is an object, not an array: ' +
      'write its array alone in the file, such as [[1, 2], [3, 4]]',
  ],
  [
    '[[1, 2], [3]]',
    'wrong-shape 1:12: the array is ragged: [1] is an array of 1, not of 2 elements, ' +
      'unlike those before it',
  ],
  [
    '[1, [2]]',
    'wrong-shape 1:5: the array is ragged: [1] is an array, not a number, unlike those before it',
  ],
  [
    '[[1], 2]',
    'wrong-shape 1:7: the array is ragged: [1] is a number, not an array, unlike those before it',
  ],
  [
    '[[], 2]',
    'wrong-shape 1:6: the array is ragged: [1] is a number, not an array, unlike those before it',
  ],
  [
    '[[], [[]]]',
    'wrong-shape 1:7: the array is ragged: [1][0] is an array, not a number, ' +
      'unlike those before it',
  ],
  [
    '[[[1]], []]',
    'wrong-shape 1:10: the array is ragged: [1] is an array of 0, not of 1 elements, ' +
      'unlike those before it',
  ],
  ['[[[[[1]]]]]', 'rank 1:5: the array has more than 4 axes'],
];

const NOT_CSV: readonly (readonly [text: string, message: string])[] = [
  ['', 'not-csv 1:1: the table has no numbers'],
  ['a,b\n', 'not-csv 1:1: the table has no numbers'],
  ['1,2\n3\n', 'not-csv 2:1: the row has 1 cells, the first one has 2'],
  ['1,2\n3,x\n', "not-csv 2:1: cell 2 is 'x', not a finite number"],
  ['1,2\n3,\n', "not-csv 2:1: cell 2 is '', not a finite number"],
  ['1,nan\n', "not-csv 1:1: cell 2 is 'nan', not a finite number"],
  ['1,1e400\n', "not-csv 1:1: cell 2 is '1e400', not a finite number"],
  ['1,0x10\n', "not-csv 1:1: cell 2 is '0x10', not a finite number"],
  ['1,2\0\n', "not-csv 1:1: cell 2 is '2\ufffd', not a finite number"],
  [
    '1,"2\n3',
    'not-csv 2:1: Quote Not Closed: the parsing is finished with an opening quote at line 2',
  ],
];

test.each(NOT_JSON)('the JSON %j is refused', (text, message) => {
  expect(refusalOf('a.json', text)).toBe(message);
});

test.each(NOT_CSV)('the table %j is refused', (text, message) => {
  expect(refusalOf('a.csv', text)).toBe(message);
});

test('bytes that are not UTF-8 are refused with their line', () => {
  const bytes = Uint8Array.of(...bytesOf('[1,\n 2'), 0xff, ...bytesOf(']'));
  const message = 'the file has bytes that are not UTF-8: save it as UTF-8';
  expect(refusalOf('a.json', bytes)).toBe(`invalid-utf8 2:3: ${message}`);
  // UTF-16 with its mark.
  expect(refusalOf('a.csv', Buffer.from('\ufeff1,2', 'utf16le'))).toBe(
    `invalid-utf8 1:1: ${message}`,
  );
});

test.each(['a.txt', 'a', 'std/bits', 'npy', 'a.npy.gz'])('the name %s tells no format', (file) => {
  const message = 'the name does not end in .npy, .csv or .json, the formats of arrays';
  expect(refusalOf(file, '1')).toBe(`not-an-array: ${message}`);
});

test('an extension is read in any case', () => {
  expect(parsed('A.JSON', '[1]')).toEqual({ shape: [1], numbers: [1] });
});

test('texts of more than 500 MiB are refused before they are decoded', () => {
  const message = 'the text has more than 500 MiB: save it as .npy';
  const bytes = new Uint8Array(500 * 2 ** 20 + 1);
  expect(refusalOf('a.csv', bytes)).toBe(`file-too-large: ${message}`);
});

describe('arrays fit the room', () => {
  const room: Room = { numbers: 4, code: 'too-many-numbers', message: 'too many' };
  test.each([
    ['a.json', '[1,2,3,4]', '[1,2,3,4,5]'],
    ['a.csv', '1,2\n3,4', '1,2\n3,4\n5,6'],
    ['a.csv', '1,2,3,4', '1,2,3,4,5'],
    ['a.npy', npyFile('|u1', '(4,)', [1, 2, 3, 4]), npyFile('|u1', '(5,)', [1, 2, 3, 4, 5])],
  ])('in %s', (file, fits, exceeds) => {
    expect(refusalOf(file, fits, room)).toBe('none');
    expect(refusalOf(file, exceeds, room)).toBe('too-many-numbers: too many');
  });
});

describe('refused soon, and with little memory:', () => {
  const many = 2 ** 23;
  test.each([
    ['deep JSON', 'a.json', '['.repeat(many), 'rank'],
    ['deep JSON objects', 'a.json', '{"a":'.repeat(many / 4), 'not-an-array'],
    ['empty lists in depth', 'a.json', `[${'[[[[]]]],'.repeat(many / 8)}1]`, 'rank'],
    ['a long number', 'a.json', `[${'9'.repeat(many)}]`, 'not-a-number'],
    ['a long string', 'a.json', `["${'a'.repeat(many)}"]`, 'not-a-number'],
    ['a fault behind many lines', 'a.json', `[${'\n'.repeat(many)}x]`, 'not-json'],
    ['a long cell', 'a.csv', `1,${'9'.repeat(many)}x`, 'not-csv'],
    ['a long quoted cell', 'a.csv', `1\n"${'x\n'.repeat(many / 2)}"`, 'not-csv'],
    ['a quote that stays open', 'a.csv', `1,"${'x'.repeat(many)}`, 'not-csv'],
    ['a row of too many cells', 'a.csv', ','.repeat(2 ** 24 + 1), 'tensor-too-large'],
    ['blank lines', 'a.csv', '\n'.repeat(many), 'not-csv'],
  ])('%s', (_, file, text, code) => {
    const start = performance.now();
    expect(refusalOf(file, text)).toMatch(new RegExp(`^${code}[ :]`));
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('any bytes give an array or a refusal', () => {
  const file = fc.constantFrom('a.npy', 'a.csv', 'a.json');
  const check = (name: string, bytes: Uint8Array) => {
    refusalOf(name, bytes);
  };
  test('random ones', () => {
    fc.assert(fc.property(file, fc.uint8Array({ maxLength: 200 }), check));
  });

  test('texts of the characters of arrays', () => {
    const text = fc.string({ unit: fc.constantFrom(...'[]{}",.-+e019 \n\r#N'), maxLength: 60 });
    fc.assert(fc.property(file, text, (name, content) => check(name, bytesOf(content))));
  });

  test('a NumPy file with some bytes changed and its end cut', () => {
    const whole = npyFile('<f8', '(2, 2)', new Array(32).fill(3));
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(whole.length), (changes, length) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        check('a.npy', bytes.subarray(0, length));
      }),
    );
  });

  test('JSON that is read is what JSON.parse reads', () => {
    const leaf = fc.double({ noNaN: true, noDefaultInfinity: true });
    const array = fc.nat(3).chain((n) => fc.array(fc.array(leaf, { minLength: n, maxLength: n })));
    fc.assert(
      fc.property(array, (rows) => {
        const { numbers } = parsed('a.json', JSON.stringify(rows));
        expect(numbers).toEqual(rows.flat().map((x) => x + 0));
      }),
    );
  });
});
