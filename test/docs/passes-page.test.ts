import { expect, test } from 'vitest';
import { page } from './examples.ts';
import { withLevels, withPasses } from './passes-page.ts';

test('docs/optimizer.md shows the current passes; `npm run docs` writes them', () => {
  const text = page('optimizer.md');
  expect(withPasses(text)).toBe(text);
});

test('docs/design/optimizer.md shows the current optimization levels; `npm run docs` writes them', () => {
  const text = page('design/optimizer.md');
  expect(withLevels(text)).toBe(text);
});
