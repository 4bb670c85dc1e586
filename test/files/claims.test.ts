import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { type ByteSource, memorySource } from '../../src/files/byte-streams.ts';
import { type ExpectedParts, MOST_PARTS } from '../../src/files/container-format.ts';
import { openContainer, readContainer, readPart } from '../../src/files/container-reader.ts';
import { ContainerWriter, type NewHeader } from '../../src/files/container-writer.ts';
import { defined } from '../../src/lookup.ts';
import { coded } from '../support/coded.ts';
import { chunkBytes, putTogether, type Taken, withContents } from './container.ts';
import { counted } from './counted.ts';

/**
 * Files that claim to be large. Work is counted, not timed: reads of a source and the bytes that
 * they return, which are also the bytes that are hashed and allocated. A reader that knows the plan
 * reads at most twice what the plan allows, and one block, whatever the file claims; a reader
 * without a plan reads at most twice the file.
 */

const BLOCK = 2 ** 16;

const header: NewHeader = {
  kind: 'result',
  compressed: false,
  plan: new Uint8Array(32),
  parameters: new Uint8Array(32),
  keys: new Uint8Array(32),
  file: new Uint8Array(16),
  description: {
    circuit: 'a.circ',
    scheme: 'ckks',
    polyModulusDegree: 8192,
    coeffModulusBits: [55, 40, 60],
    securityBits: 128,
    runs: [['00'.repeat(16)]],
  },
};

/** Returns the head of a file that claims a number of parts. */
function headOf(partCount: number, compressed = false): Buffer {
  const description =
    '{"circuit":"a.circ","coeffModulusBits":[55,40,60],"polyModulusDegree":8192,' +
    `"runs":[["${'00'.repeat(16)}"]],"scheme":"ckks","securityBits":128}`;
  const head = Buffer.alloc(132 + description.length);
  head.write('\x89shoal\r\n', 0, 'latin1');
  head.writeUInt16LE(1, 8);
  head.writeUInt8(5, 10);
  head.writeUInt8(Number(compressed), 11);
  head.writeUInt32LE(partCount, 12);
  head.writeUInt32LE(description.length, 128);
  head.write(description, 132);
  return head;
}

/** Returns the head of a part: a value in the clear, unless it has another type. */
function partHead(index: number, length: bigint, type = 6): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(index, 0);
  head.writeUInt8(type, 4);
  head.writeBigUInt64LE(length, 16);
  return head;
}

/**
 * Returns a source that begins with `start` and continues with `rest`, again and again, up to its
 * size. It takes no memory.
 */
function endless(start: Buffer, rest: Buffer, size: number): ByteSource {
  return {
    name: 'file',
    size,
    read: (at, length) =>
      Uint8Array.from({ length }, (_, i) =>
        defined(
          at + i < start.length ? start[at + i] : rest[(at + i - start.length) % rest.length],
        ),
      ),
  };
}

/** Returns the start of a file with a right checksum: its head and a part's head. */
function beginning(head: Buffer, part: Buffer): Buffer {
  return Buffer.concat([head, createHash('sha256').update(head).digest(), part]);
}

const clear = (lengths: readonly number[], count = 1): ExpectedParts => ({
  runs: count,
  parts: [{ type: 'clear', value: 0, lengths }],
});

/** Reads a file, with its plan's parts or without. Returns the code of the refusal, and the work. */
function reading(source: ByteSource, expected?: ExpectedParts) {
  const [watched, work] = counted(source);
  let code = 'accepted';
  try {
    readContainer(watched, { expect: () => expected, keep: () => {} });
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    code = error.code;
  }
  return { code, ...work };
}

/** What a reader reads before the parts: magic, fixed fields, head, checksum, at most. */
const HEAD_WORK = 4 * headOf(1).length;

describe('a file that claims more than it has', () => {
  test.each([600_000, 4_000_000])('%i parts, of which its plan has one', (count) => {
    const source = endless(beginning(headOf(count), partHead(0, 0n)), Buffer.alloc(56), 2 ** 53);
    const { code, bytes } = reading(source, clear([8]));
    expect(code).toBe('bad-file');
    expect(bytes).toBeLessThanOrEqual(HEAD_WORK);
  });

  test('fewer parts than its plan has', () => {
    const source = endless(beginning(headOf(1), partHead(0, 8n)), Buffer.alloc(56), 2 ** 20);
    expect(reading(source, clear([8], 2)).code).toBe('bad-file');
  });

  test('empty parts, and no plan', () => {
    const source = endless(
      beginning(headOf(4_000_000), partHead(0, 0n)),
      Buffer.alloc(56),
      2 ** 28,
    );
    const { code, bytes } = reading(source);
    expect(code).toBe('bad-file');
    expect(bytes).toBeLessThanOrEqual(HEAD_WORK + BLOCK);
  });

  test('more parts than any file has', () => {
    const source = endless(headOf(MOST_PARTS + 1), Buffer.alloc(56), 2 ** 53);
    expect(reading(source).code).toBe('file-damaged');
    const head = beginning(headOf(MOST_PARTS + 1), Buffer.alloc(0));
    expect(reading(endless(head, Buffer.alloc(56), 2 ** 53)).code).toBe('bad-file');
  });

  test.each([2n ** 43n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n])(
    'a part of %i bytes',
    (length) => {
      for (const compressed of [false, true]) {
        const start = beginning(headOf(1, compressed), partHead(0, length));
        const source = endless(start, Buffer.of(1, 0, 0, 0, 0), 60 * 2 ** 20);
        // The plan allows less than the file has, and the file less than the part claims.
        const known = reading(source, clear([8]));
        expect(known.code).toBe('file-too-long');
        expect(known.bytes).toBeLessThanOrEqual(HEAD_WORK);
        const unknown = reading(source);
        expect(unknown.code).toBe('file-cut-off');
        expect(unknown.bytes).toBeLessThanOrEqual(HEAD_WORK + BLOCK);
      }
    },
  );

  test('a size that its plan cannot give', () => {
    // Eight bytes take 24 of the head, 4 of the chunk's length, 8, 32 of the checksum.
    const [before, exact] = [headOf(1).length + 32, 24 + 4 + 8 + 32 + 48];
    const of = (size: number, compressed = false) => {
      const start = beginning(headOf(1, compressed), partHead(0, 8n));
      return reading(endless(start, Buffer.alloc(1), before + size), clear([8])).code;
    };
    expect(of(exact - 1)).toBe('file-cut-off');
    expect(of(exact)).toBe('file-damaged');
    expect(of(exact + 1)).toBe('file-too-long');
    // One byte may stand for 1,032 others; a chunk may grow by 4,096.
    expect(of(exact - 8, true)).toBe('file-cut-off');
    expect(of(exact - 7, true)).toBe('file-damaged');
    expect(of(exact + 4096, true)).toBe('file-damaged');
    expect(of(exact + 4097, true)).toBe('file-too-long');
  });
});

describe('compressed chunks', () => {
  /** Returns a file of one part, which claims a length, in these chunks. */
  const fileOf = (length: number, chunks: readonly Uint8Array[]): Buffer => {
    const framed = chunks.map((chunk) => {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(chunk.length);
      return Buffer.concat([size, chunk]);
    });
    const taken: Taken = {
      head: headOf(1, true),
      parts: [{ head: partHead(0, BigInt(length)), chunks: framed }],
    };
    return putTogether(taken);
  };

  test('of one byte are refused at the first', () => {
    // 60 MiB are enough for 61,600 chunks of 1,017 bytes, the least of a mebibyte.
    const length = 61_000 * chunkBytes;
    const start = beginning(headOf(1, true), partHead(0, BigInt(length)));
    const source = endless(start, Buffer.of(1, 0, 0, 0, 0), 60 * 2 ** 20);
    for (const expected of [undefined, clear([length])]) {
      const { code, bytes } = reading(source, expected);
      expect(code).toBe('file-damaged');
      expect(bytes).toBeLessThanOrEqual(HEAD_WORK + BLOCK);
    }
  });

  test('of zeros, the smallest that DEFLATE makes, are read', () => {
    const length = 3 * chunkBytes + 5;
    const chunks = [chunkBytes, chunkBytes, chunkBytes, 5].map((size) =>
      deflateRawSync(Buffer.alloc(size), { level: 9 }),
    );
    // Two bits for 258 bytes: 1,017 bytes, and a few for tables and the ends of blocks.
    expect(defined(chunks[0]).length).toBeLessThan(1040);
    const source = memorySource('file', fileOf(length, chunks));
    const { parts } = openContainer(source, () => clear([length]));
    const contents = readPart(source, defined(parts[0]), length);
    expect(Buffer.compare(contents, new Uint8Array(length))).toBe(0);
  });

  test('may be as small as their length divided by 1,032, and one byte less is refused', () => {
    const of = (size: number) => {
      const source = memorySource('file', fileOf(chunkBytes, [Buffer.alloc(size)]));
      return reading(source, clear([chunkBytes])).code;
    };
    expect([of(1017), of(1016)]).toEqual(['accepted', 'file-cut-off']);
    expect([of(chunkBytes + 4096), of(chunkBytes + 4097)]).toEqual(['accepted', 'file-too-long']);
  });

  test('of which one is too large are refused, even if the others make up for it', () => {
    const of = (size: number) => {
      const chunks = [Buffer.alloc(size), Buffer.alloc(1)];
      const source = memorySource('file', fileOf(chunkBytes + 8, chunks));
      return reading(source, clear([chunkBytes + 8])).code;
    };
    expect([of(chunkBytes + 4096), of(chunkBytes + 4097)]).toEqual(['accepted', 'file-damaged']);
  });

  test('that decompress to more than the plan allows take no memory', () => {
    const bomb = deflateRawSync(Buffer.alloc(2 ** 22), { level: 9 });
    const source = memorySource('file', fileOf(8, [bomb.subarray(0, 4104)]));
    const { parts } = openContainer(source, () => clear([8]));
    expect(() => readPart(source, defined(parts[0]), 8)).toThrow(coded('bad-file'));
  });
});

describe('a file of 200,000 parts', () => {
  const count = 200_000;
  const expected = clear([8], count);
  const file = Buffer.alloc(600 + count * (24 + 4 + 8 + 32));
  let size = 0;
  const writer = new ContainerWriter(
    {
      write: (bytes) => {
        file.set(bytes, size);
        size += bytes.length;
      },
    },
    header,
    expected,
  );
  for (let i = 0; i < count; i++) writer.part(new Uint8Array(8));
  writer.end();
  const source = memorySource('file', file.subarray(0, size));

  test.each([undefined, expected])('is written and read in blocks', (known) => {
    let parts = 0;
    const [watched, work] = counted(source);
    const keep = () => {
      parts++;
    };
    readContainer(watched, { expect: () => known, keep });
    expect(parts).toBe(count);
    expect(work.bytes).toBeLessThanOrEqual(2 * size + BLOCK);
    expect(work.reads).toBeLessThanOrEqual((2 * size) / BLOCK + 6);
  });
});

test('a part has one of the lengths that its plan allows, and none between', () => {
  const code = (length: number) => {
    const parts = [withContents({ head: partHead(0, 0n), chunks: [] }, Buffer.alloc(length))];
    return reading(memorySource('file', putTogether({ head: headOf(1), parts })), clear([8, 80]));
  };
  const codes = [8, 40, 80].map((length) => code(length).code);
  expect(codes).toEqual(['accepted', 'bad-file', 'accepted']);
});

test('a writer refuses what no reader reads, before it writes anything', () => {
  let written = 0;
  const sink = {
    write: () => {
      written++;
    },
  };
  const begin = (own: Partial<NewHeader>, expected: ExpectedParts) =>
    new ContainerWriter(sink, { ...header, ...own }, expected);
  expect(() => begin({}, clear([8], MOST_PARTS + 1))).toThrow(coded('file-limit'));
  const runs = Array.from({ length: 30_000 }, () => ['00'.repeat(16)]);
  const description = { ...header.description, runs };
  expect(() => begin({ description }, clear([8], runs.length))).toThrow(coded('file-limit'));
  expect(written).toBe(0);
  begin({}, clear([8], MOST_PARTS));
  expect(written).toBe(2);
});

test('a writer refuses parts that are not those of its plan', () => {
  const writer = () => new ContainerWriter({ write: () => {} }, header, clear([8, 80]));
  expect(() => writer().part(new Uint8Array(9))).toThrow(/has 9 bytes instead of 8 or 80/);
  expect(() => writer().end()).toThrow(/number of parts/);
});

test.each([
  [false, [8]],
  [true, [8]],
  [false, [chunkBytes + 1, 65_530, 40_000, 40_000, 8]],
  [true, [chunkBytes + 1, 65_530, 40_000, 40_000, 8]],
  [false, Array.from({ length: 40 }, () => 33_000)],
])('a reader reads at most twice the file, and one block; compressed: %s', (compressed, sizes) => {
  const parts = sizes.map((size, value) => ({ type: 'clear' as const, value, lengths: [size] }));
  const expected: ExpectedParts = { runs: 1, parts };
  const pieces: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => void pieces.push(bytes.slice()) };
  const writer = new ContainerWriter(sink, { ...header, compressed }, expected);
  // Random bytes, which compression makes longer.
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  };
  for (const size of sizes) writer.part(Uint8Array.from({ length: size }, random));
  writer.end();
  const file = Buffer.concat(pieces);
  const [source, work] = counted(memorySource('file', file));
  const opened = openContainer(source, () => expected);
  expect(opened.parts.length).toBe(sizes.length);
  expect(work.bytes).toBeLessThanOrEqual(2 * file.length + BLOCK);
  work.bytes = 0;
  for (const part of opened.parts) readPart(source, part, part.length);
  expect(work.bytes).toBeLessThanOrEqual(2 * file.length);
});
