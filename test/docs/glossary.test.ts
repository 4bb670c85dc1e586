import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../cli/support.ts';

const glossary = readFileSync(join(root, 'docs/glossary.md'), 'utf8');

/** The entries in order: the terms that each defines, and its text. */
const entries = glossary
  .split(/\n(?=- \*\*|## )/)
  .filter((block) => block.startsWith('- **'))
  .map((text) => ({
    terms: [...text.matchAll(/\*\*(.+?)\*\*|\*([^*]+)\*/g)].map(([, bold, inner]) =>
      (bold ?? inner ?? '').toLowerCase(),
    ),
    text: text.toLowerCase(),
  }));

/** Whether a text has a term, in singular or plural. */
const has = (text: string, term: string): boolean =>
  new RegExp(`(?<![\\w-])${term.replace(/s$/, '')}s?(?![\\w-])`).test(text);

test('the glossary has at most 45 terms, each once', () => {
  const names = entries.map(({ terms }) => terms[0]);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeLessThanOrEqual(45);
  expect(names.length).toBeGreaterThan(40);
});

test('a definition uses the terms above it', () => {
  // Words that are plain English before they are terms.
  const everyday = [
    'form',
    'step',
    'share',
    'search',
    'scale',
    'plain',
    'client',
    'server',
    'mask',
  ];
  const early = entries.flatMap(({ terms, text }, at) =>
    entries
      .slice(at + 1)
      .flatMap((later) => later.terms)
      .filter((term) => !everyday.includes(term) && !terms.includes(term) && has(text, term))
      .map((term) => `'${terms[0]}' uses '${term}', which is defined below it`),
  );
  expect(early).toEqual([]);
});

describe('words that mark a private English', () => {
  const WORDS = /\b(whoever|anew|is had|is told|has it not)\b/i;
  const patterns = [
    'README.md',
    'docs/**/*.md',
    '{src,test,grammar}/**/*.{ts,txt}',
    'circuits/**/*.{circ,md}',
  ];

  test.each(patterns)('occur nowhere in %s', (pattern) => {
    const own = join('test', 'docs', 'glossary.test.ts');
    const files = globSync(pattern, { cwd: root }).filter((file) => file !== own);
    expect(files.length).toBeGreaterThan(0);
    const found = files.flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, at) => (WORDS.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
