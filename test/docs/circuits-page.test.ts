import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { shoal } from '../cli/support.ts';
import { exampleCircuits } from '../support/examples.ts';
import { eachSampled } from '../support/sampling.ts';
import {
  FOLDERS,
  figuresOf,
  linkAndSentence,
  sentenceOf,
  withCircuitTables,
  withLibraryTables,
} from './circuits-page.ts';

const folder = new URL('../../circuits/', import.meta.url);
const page = readFileSync(new URL('README.md', folder), 'utf8');

/** Folders whose circuits take seconds to compile. */
const SLOW = ['learning', 'linear-algebra', 'logistic-regression'];

eachSampled(
  FOLDERS.map((name) => [name] as const),
  ([name]) => !SLOW.includes(name),
  300_000,
)('circuits/README.md shows the figures of %s of today; `npm run docs` writes them', (name) => {
  expect(withCircuitTables(page, [name])).toBe(page);
});

test('circuits/README.md shows the functions of the library; `npm run docs` writes them', () => {
  expect(withLibraryTables(page)).toBe(page);
});

test('circuits/README.md lists every circuit; `npm run docs` writes them', () => {
  const listed = [...page.matchAll(/^\| (\[.*?) \| (.*?) \| \d+ → \d+ \|/gm)];
  const wanted = exampleCircuits().map(([file, text]) => linkAndSentence(file, text));
  expect(listed.map(([, link, sentence]) => [link, sentence]).sort()).toEqual([...wanted].sort());
});

test.each(['basics/quartic.circ', 'integers/membership.circ', 'vectors/variance.circ'])(
  'the figures of %s are those of the command report',
  (file) => {
    const { stdout } = shoal(['report', `circuits/${file}`, '--json']);
    const { source, optimized } = JSON.parse(stdout);
    expect(figuresOf(file, readFileSync(new URL(file, folder), 'utf8'))).toEqual({
      depth: [source.depth, optimized.depth],
      levels: [source.levels, optimized.levels],
    });
  },
);

test('a circuit says in its first line what it does', () => {
  expect(sentenceOf('a.circ', '// Adds x and y.\ninput x: cipher;')).toBe('Adds x and y.');
  expect(() => sentenceOf('a.circ', 'input x: cipher;')).toThrow('a.circ does not begin');
  expect(() => sentenceOf('a.circ', '// Adds x\n// and y.\n')).toThrow('a.circ does not begin');
});
