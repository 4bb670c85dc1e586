import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { type ByteSource, MemorySink, memorySource } from '../../src/files/byte-streams.ts';
import type { ExpectedParts } from '../../src/files/container-format.ts';
import {
  openContainer,
  readContainer,
  readHeader,
  readPart,
} from '../../src/files/container-reader.ts';
import { ContainerWriter, type NewHeader } from '../../src/files/container-writer.ts';
import { defined } from '../../src/lookup.ts';
import { chunkBytes, contentsOf, putTogether, takeApart, withContents } from './container.ts';

const digest = (text: string) => Uint8Array.from(createHash('sha256').update(text).digest());

function header(own: Partial<NewHeader> = {}): NewHeader {
  return {
    kind: 'upload',
    compressed: false,
    plan: digest('plan'),
    parameters: digest('parameters'),
    keys: digest('keys'),
    file: digest('file').slice(0, 16),
    description: {
      circuit: 'a.circ',
      scheme: 'ckks',
      polyModulusDegree: 8192,
      coeffModulusBits: [55, 40, 60],
      securityBits: 128,
      inputs: ['x'],
      seeded: true,
    },
    ...own,
  };
}

/** Returns the parts of an upload with contents of these lengths. */
const ciphers = (...lengths: readonly number[]): ExpectedParts => ({
  runs: 1,
  parts: lengths.map((length, value) => ({ type: 'ciphertext', value, lengths: [length] })),
});

function written(contents: readonly Uint8Array[], own: Partial<NewHeader> = {}): Uint8Array {
  const sink = new MemorySink();
  const expected = ciphers(...contents.map(({ length }) => length));
  const writer = new ContainerWriter(sink, header(own), expected);
  for (const bytes of contents) writer.part(bytes);
  writer.end();
  return sink.bytes();
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof ShoalError) return error.code;
    throw error;
  }
  return 'accepted';
};
/** Opens a file as one whose parts the plan requires to have these lengths. */
const opened = (bytes: Uint8Array, lengths: readonly number[]) =>
  openContainer(memorySource('file', bytes), () => ciphers(...lengths));
/** Reads a file whose plan is not known. */
const scanned = (bytes: Uint8Array) =>
  readContainer(memorySource('file', bytes), { expect: () => undefined, keep: () => {} });

describe('a container', () => {
  test('has every byte that docs/format.md describes', () => {
    const bytes = Buffer.from(written([Uint8Array.of(1, 2, 3)]));
    const description =
      '{"circuit":"a.circ","coeffModulusBits":[55,40,60],"inputs":["x"],"polyModulusDegree":8192,"scheme":"ckks","securityBits":128,"seeded":true}';
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x89shoal\r\n', 'latin1'));
    expect(bytes.readUInt16LE(8)).toBe(1);
    expect([bytes[10], bytes[11]]).toEqual([4, 0]);
    expect(bytes.readUInt32LE(12)).toBe(1);
    expect(bytes.subarray(16, 48)).toEqual(Buffer.from(digest('plan')));
    expect(bytes.subarray(48, 80)).toEqual(Buffer.from(digest('parameters')));
    expect(bytes.subarray(80, 112)).toEqual(Buffer.from(digest('keys')));
    expect(bytes.subarray(112, 128)).toEqual(Buffer.from(digest('file').slice(0, 16)));
    expect(bytes.readUInt32LE(128)).toBe(description.length);
    expect(bytes.toString('utf8', 132, 132 + description.length)).toBe(description);
    const part = 132 + description.length + 32;
    expect(bytes.readUInt32LE(part)).toBe(0);
    expect([...bytes.subarray(part + 4, part + 8)]).toEqual([5, 0, 0, 0]);
    expect(bytes.readUInt32LE(part + 8)).toBe(0);
    expect(bytes.readUInt32LE(part + 12)).toBe(0);
    expect(bytes.readBigUInt64LE(part + 16)).toBe(3n);
    expect(bytes.readUInt32LE(part + 24)).toBe(3);
    expect([...bytes.subarray(part + 28, part + 31)]).toEqual([1, 2, 3]);
    expect(bytes.length).toBe(part + 31 + 32 + 48);
    expect(bytes.readBigUInt64LE(bytes.length - 40)).toBe(BigInt(bytes.length));
    // All checksums, computed as docs/format.md describes.
    expect(putTogether(takeApart(bytes)).equals(bytes)).toBe(true);
  });

  test.each([false, true])('is read as it was written, compressed: %s', (compressed) => {
    const sizes = [0, 1, 1000, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes + 5];
    const contents = sizes.map((size, i) =>
      new Uint8Array(size).map((_, at) => (at * (i + 7)) >> 3),
    );
    const bytes = written(contents, { compressed });
    const { source, parts, header: read } = opened(bytes, sizes);
    expect(read).toEqual({ ...header({ compressed }), partCount: sizes.length });
    parts.forEach((part, i) => {
      const got = readPart(source, part, defined(sizes[i]));
      expect(Buffer.compare(got, defined(contents[i]))).toBe(0);
    });
    const taken = takeApart(bytes);
    taken.parts.forEach((part, i) => {
      const raw = compressed
        ? Buffer.concat(part.chunks.map((chunk) => inflateRawSync(chunk.subarray(4))))
        : contentsOf(part);
      expect(Buffer.compare(raw, defined(contents[i]))).toBe(0);
    });
    if (compressed) expect(bytes.length).toBeLessThan(written(contents).length / 2);
  });

  test('is written and read chunk by chunk, even if its parts are large', () => {
    const contents = new Uint8Array(40 * chunkBytes);
    let largestWrite = 0;
    const pieces: Uint8Array[] = [];
    const writer = new ContainerWriter(
      {
        write: (bytes) => {
          largestWrite = Math.max(largestWrite, bytes.length);
          pieces.push(bytes);
        },
      },
      header(),
      ciphers(contents.length),
    );
    writer.part(contents);
    writer.end();
    expect(largestWrite).toBe(chunkBytes);
    const source = memorySource('file', Buffer.concat(pieces));
    let largestRead = 0;
    const watched: ByteSource = {
      ...source,
      read: (at, length) => {
        largestRead = Math.max(largestRead, length);
        return source.read(at, length);
      },
    };
    const { parts } = openContainer(watched, () => ciphers(contents.length));
    expect(defined(parts[0]).length).toBe(contents.length);
    expect(largestRead).toBe(chunkBytes);
  });
});

describe('a damaged container is refused', () => {
  const sizes = [11, 8, 99];
  const small = Buffer.from(written(sizes.map((size) => new Uint8Array(size).fill(size))));
  const readings = [
    ['with its plan', (bytes: Uint8Array) => opened(bytes, sizes)],
    ['without', scanned],
  ] as const;

  test.each(readings)('cut at any byte, %s', (_, read) => {
    for (let end = 0; end < small.length; end++) {
      const code = codeOf(() => read(small.subarray(0, end)));
      expect(code).toBe(end < 8 ? 'not-a-shoal-file' : 'file-cut-off');
    }
  });

  test.each(readings)('with any bit flipped, %s', (_, read) => {
    const codes = new Set<string>();
    for (let at = 0; at < small.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Buffer.from(small);
        bytes[at] = defined(bytes[at]) ^ (1 << bit);
        const code = codeOf(() => read(bytes));
        expect(code, `bit ${bit} of byte ${at}`).not.toBe('accepted');
        codes.add(code);
      }
    }
    expect([...codes].sort()).toEqual([
      // A length that the plan does not allow is refused before its checksum is compared.
      'bad-file',
      'file-cut-off',
      'file-damaged',
      'file-version',
      'not-a-shoal-file',
    ]);
  });

  test('with bytes after its end', () => {
    const longer = Buffer.concat([small, Buffer.of(0)]);
    for (const [, read] of readings) expect(codeOf(() => read(longer))).toBe('file-too-long');
  });

  test('with bytes repeated, removed or exchanged', () => {
    fc.assert(
      fc.property(
        fc.nat(small.length),
        fc.nat(small.length),
        fc.nat(60),
        fc.constantFrom('double', 'remove', 'exchange', 'random'),
        (a, b, length, how) => {
          const piece = small.subarray(a, a + length);
          const rest = small.subarray(a + length);
          const bytes = {
            double: () => Buffer.concat([small.subarray(0, a), piece, piece, rest]),
            remove: () => Buffer.concat([small.subarray(0, a), rest]),
            exchange: () => {
              const copy = Buffer.from(small);
              copy.copyWithin(b, a, a + length);
              return copy;
            },
            random: () =>
              Buffer.concat([small.subarray(0, a), createHash('sha256').update(rest).digest()]),
          }[how]();
          fc.pre(!bytes.equals(small));
          expect(codeOf(() => scanned(bytes))).not.toBe('accepted');
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('with parts of another file with the same contents', () => {
    const other = Buffer.from(
      written(
        sizes.map((size) => new Uint8Array(size).fill(size)),
        { file: digest('other').slice(0, 16) },
      ),
    );
    const start = takeApart(small).head.length + 32;
    const mixed = Buffer.concat([small.subarray(0, start), other.subarray(start)]);
    for (const [, read] of readings) expect(codeOf(() => read(mixed))).toBe('file-damaged');
  });
});

describe('a container that is wrong on purpose, with right checksums, is refused', () => {
  const taken = takeApart(written([new Uint8Array(11).fill(1), new Uint8Array(8).fill(2)]));
  const [first, second] = taken.parts as [(typeof taken.parts)[0], (typeof taken.parts)[0]];
  const withHead = (change: (head: Buffer) => void) => {
    const head = Buffer.from(taken.head);
    change(head);
    return putTogether({ ...taken, head });
  };
  const described = (text: string) => {
    const head = Buffer.concat([taken.head.subarray(0, 132), Buffer.from(text)]);
    head.writeUInt32LE(Buffer.byteLength(text), 128);
    return putTogether({ ...taken, head });
  };
  const partHead = (change: (head: Buffer) => void) => {
    const head = Buffer.from(first.head);
    change(head);
    return putTogether({ ...taken, parts: [{ ...first, head }, second] });
  };
  const good = taken.head.toString('utf8', 132);

  test.each([
    ['another version', withHead((head) => head.writeUInt16LE(2, 8)), 'file-version'],
    ['an unknown kind', withHead((head) => head.writeUInt8(6, 10)), 'bad-file'],
    ['kind 0', withHead((head) => head.writeUInt8(0, 10)), 'bad-file'],
    ['an unknown compression', withHead((head) => head.writeUInt8(2, 11)), 'bad-file'],
    ['billions of parts', withHead((head) => head.writeUInt32LE(0xffffffff, 12)), 'bad-file'],
    ['more parts than there are', withHead((head) => head.writeUInt32LE(3, 12)), 'file-cut-off'],
    ['fewer parts than there are', withHead((head) => head.writeUInt32LE(1, 12)), 'file-damaged'],
    ['a huge description', withHead((head) => head.writeUInt32LE(0xfffffff0, 128)), 'file-damaged'],
    ['no JSON', described('{'), 'bad-file'],
    ['JSON with other fields', described('{"circuit":1}'), 'bad-file'],
    ['JSON that is not canonical', described(good.replace(':', ': ')), 'bad-file'],
    [
      'a name that controls a terminal',
      described(good.replace('a.circ', '\\u001b[2J')),
      'bad-file',
    ],
    ['an unknown type', partHead((head) => head.writeUInt8(7, 4)), 'bad-file'],
    ['a byte that must be zero', partHead((head) => head.writeUInt8(1, 6)), 'bad-file'],
    ['another index', partHead((head) => head.writeUInt32LE(1, 0)), 'bad-file'],
    ['terabytes', partHead((head) => head.writeBigUInt64LE(2n ** 43n, 16)), 'file-cut-off'],
    [
      'the largest length',
      partHead((head) => head.writeBigUInt64LE(2n ** 64n - 1n, 16)),
      'file-cut-off',
    ],
    ['a part of another kind of file', partHead((head) => head.writeUInt8(6, 4)), 'bad-file'],
    ['no contents', partHead((head) => head.writeBigUInt64LE(0n, 16)), 'bad-file'],
    ['parts in another order', putTogether({ ...taken, parts: [second, first] }), 'bad-file'],
    ['a part twice', putTogether({ ...taken, parts: [first, first] }), 'bad-file'],
    ['an upload that names no inputs', described(good.replace('"inputs":["x"],', '')), 'bad-file'],
    ['an upload with runs', described(good.replace('"scheme"', '"runs":[],"scheme"')), 'bad-file'],
  ])('%s', (_, bytes, code) => {
    expect(codeOf(() => scanned(bytes))).toBe(code);
  });

  test.each([
    ['another value', partHead((head) => head.writeUInt32LE(5, 12))],
    ['another run', partHead((head) => head.writeUInt32LE(1, 8))],
    ['another type', partHead((head) => head.writeUInt8(6, 4))],
    [
      'another length',
      putTogether({
        ...taken,
        parts: [withContents(first, Buffer.alloc(10)), withContents(second, Buffer.alloc(9))],
      }),
    ],
  ])('%s than that of its plan', (_, bytes) => {
    expect(codeOf(() => opened(bytes, [11, 8]))).toBe('bad-file');
  });

  test.each([
    ['no runs', '"runs":[]'],
    ['a run without uploads', '"runs":[[]]'],
    ['no word of its runs', ''],
  ])('a result with %s', (_, runs) => {
    const head = Buffer.from(taken.head);
    head.writeUInt8(5, 10);
    const text = good.replace('"inputs":["x"],', '').replace(',"seeded":true', '');
    const own = text.replace('"scheme"', `${runs}${runs && ','}"scheme"`);
    const described = Buffer.concat([head.subarray(0, 132), Buffer.from(own)]);
    described.writeUInt32LE(own.length, 128);
    const bytes = putTogether({ head: described, parts: taken.parts });
    expect(codeOf(() => scanned(bytes))).toBe('bad-file');
  });

  test('a chunk that decompresses to more than it claims', () => {
    const bytes = written([new Uint8Array(1000)], { compressed: true });
    const apart = takeApart(bytes);
    const [part] = apart.parts;
    const head = Buffer.from(defined(part).head);
    head.writeBigUInt64LE(10n, 16);
    const { source, parts } = opened(
      putTogether({ ...apart, parts: [{ ...defined(part), head }] }),
      [10],
    );
    expect(codeOf(() => readPart(source, defined(parts[0]), 10))).toBe('bad-file');
  });

  test('a compressed part that claims terabytes', () => {
    const apart = takeApart(written([new Uint8Array(1000)], { compressed: true }));
    const [part] = apart.parts;
    const head = Buffer.from(defined(part).head);
    head.writeBigUInt64LE(2n ** 43n, 16);
    const bytes = putTogether({ ...apart, parts: [{ ...defined(part), head }] });
    expect(codeOf(() => scanned(bytes))).toBe('file-cut-off');
    expect(codeOf(() => opened(bytes, [1000]))).toBe('file-cut-off');
  });

  test('a file that was sent as text', () => {
    const bytes = Buffer.from(written([Uint8Array.of(1)]).filter((byte) => byte !== 0x0d));
    expect(() => readHeader(memorySource('file', bytes))).toThrow(/sent as text/);
  });

  test('a part that was changed since the file was opened', () => {
    const bytes = written([new Uint8Array(9).fill(7)]);
    const copy = Buffer.from(bytes);
    const changing: ByteSource = {
      name: 'file',
      size: copy.length,
      read: (at, length) => Uint8Array.from(copy.subarray(at, at + length)),
    };
    const { source, parts } = openContainer(changing, () => ciphers(9));
    copy[copy.length - 48 - 32 - 1] = defined(copy[copy.length - 48 - 32 - 1]) ^ 1;
    expect(codeOf(() => readPart(source, defined(parts[0]), 9))).toBe('file-damaged');
  });
});
