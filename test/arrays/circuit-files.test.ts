import { describe, expect, test, vi } from 'vitest';
import { CircuitFiles } from '../../src/arrays/circuit-files.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import type { FileResolver } from '../../src/syntax/diagnostic.ts';
import { MAX_LENGTH } from '../../src/syntax/diagnostic.ts';
import { npyFile } from './npy-files.ts';

/** Returns files that a function reads, if there is one. */
function filesOf(resolve?: FileResolver, mostNumbers?: number): CircuitFiles {
  const limit = mostNumbers === undefined ? {} : { mostNumbers };
  return new CircuitFiles(resolve && { resolve, ...limit });
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Returns a resolver of files in memory, which counts its calls. */
function memory(files: Readonly<Record<string, string | Uint8Array>>) {
  return vi.fn((path: string) => {
    const content = files[path];
    if (content === undefined) throw new Error(`nothing is called ${path}`);
    return typeof content === 'string' ? bytesOf(content) : content;
  });
}

function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    return `${error.code} in ${error.location?.file}: ${error.message}`;
  }
  return 'none';
}

test('arrays and texts are read once', () => {
  const resolver = memory({ 'a.json': '[1, 2]', 'b.circ': '\ufefffn f(x) = x;\n' });
  const files = filesOf(resolver);
  expect(files.array('a.json')).toBe(files.array('a.json'));
  expect(files.array('a.json').data.map(({ value }) => value)).toEqual([1, 2]);
  expect(files.text('b.circ')).toBe('fn f(x) = x;\n');
  expect(files.text('b.circ')).toBe('fn f(x) = x;\n');
  expect(resolver.mock.calls).toEqual([['a.json'], ['b.circ']]);
});

test('digests are those of all bytes that were read, by path', () => {
  // FIPS 180-2 gives the digest of "abc".
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const files = filesOf(memory({ 'b.circ': 'abc', 'a.circ': 'abc', 'c.json': 'abc' }));
  expect(files.digests()).toEqual([]);
  files.text('b.circ');
  files.text('a.circ');
  expect(refusalOf(() => files.array('c.json'))).toContain('not-json');
  expect(refusalOf(() => files.text('d.circ'))).toContain('unreadable-file');
  expect(files.digests()).toEqual(
    ['a.circ', 'b.circ', 'c.json'].map((path) => ({ path, sha256: abc })),
  );
});

describe('the numbers of all arrays are limited', () => {
  const three = npyFile('|u1', '(3,)', [1, 2, 3]);
  const sources = {
    'a.npy': three,
    'b.npy': three,
    'c.json': '[1]',
    'd.csv': '1,2',
    'e.json': '[]',
  };

  test('by what is left', () => {
    const files = filesOf(memory(sources), 7);
    const refused = 'all arrays together have more than 7 numbers: load fewer';
    files.array('a.npy');
    files.array('b.npy');
    files.array('a.npy');
    expect(refusalOf(() => files.array('d.csv'))).toBe(`too-many-numbers in d.csv: ${refused}`);
    files.array('c.json');
    expect(refusalOf(() => files.array('d.csv'))).toBe(`too-many-numbers in d.csv: ${refused}`);
    files.array('e.json');
  });

  test('before memory is taken for them', () => {
    const announced = npyFile('|u1', '(16777216,)', []);
    const files = filesOf(memory({ 'a.npy': announced }), 2 ** 24 - 1);
    expect(refusalOf(() => files.array('a.npy'))).toContain('too-many-numbers');
    const more = filesOf(memory({ 'a.npy': announced }));
    expect(refusalOf(() => more.array('a.npy'))).toContain('the file is cut off');
  });
});

describe('a text is refused that', () => {
  test.each<readonly [string, Uint8Array, string]>([
    ['is not UTF-8', Uint8Array.of(65, 0xc3), 'invalid-utf8 in a.circ: the file has bytes that'],
    [
      'is too long',
      new Uint8Array(MAX_LENGTH + 1).fill(32),
      'file-too-large in a.circ: it has more than 8 MiB; load its data from files',
    ],
    [
      'is far too long',
      new Uint8Array(3 * MAX_LENGTH + 4).fill(0xff),
      'file-too-large in a.circ: it has more than 8 MiB; load its data from files',
    ],
  ])('%s', (_, bytes, message) => {
    const files = filesOf(() => bytes);
    expect(refusalOf(() => files.text('a.circ'))).toContain(message);
  });

  test('but not if it has just the length that is permitted', () => {
    const files = filesOf(() => bytesOf('é'.repeat(MAX_LENGTH)));
    expect(files.text('a.circ')).toHaveLength(MAX_LENGTH);
  });
});

describe('the resolver', () => {
  const read = (resolver?: FileResolver) => refusalOf(() => filesOf(resolver).array('w.json'));

  test('may be missing', () => {
    expect(read()).toBe(
      'unreadable-file in w.json: the caller of the compiler gave no function that reads files',
    );
  });

  test('may throw anything', () => {
    const throwing = (error: unknown) =>
      read(() => {
        throw error;
      });
    expect(throwing(new Error('it is\nMonday'))).toBe(
      'unreadable-file in w.json: the file cannot be read: it is\ufffdMonday',
    );
    expect(throwing('no')).toBe('unreadable-file in w.json: the file cannot be read: no');
    const missing = Object.assign(new Error('ENOENT …'), { code: 'ENOENT', syscall: 'open' });
    expect(throwing(missing)).toBe(
      'unreadable-file in w.json: the file cannot be read: no such file or directory',
    );
    expect(throwing(new ShoalError('file-outside', 'a link', { file: 'w.json' }))).toBe(
      'file-outside in w.json: a link',
    );
  });

  test.each([undefined, '[1]', Promise.resolve(new Uint8Array()), [1]])(
    'must not return %s',
    (result) => {
      expect(read(() => result as unknown as Uint8Array)).toBe(
        'unreadable-file in w.json: the function that reads files returned no Uint8Array',
      );
    },
  );

  test('may return a Buffer, which is part of a larger one', () => {
    const files = filesOf(() => Buffer.from('..[1, 2]..').subarray(2, 8));
    expect(files.array('w.json').shape).toEqual([2]);
  });
});
