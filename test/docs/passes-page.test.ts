import { expect, test } from 'vitest';
import { page } from './examples.ts';
import { withPasses } from './passes-page.ts';

test('docs/optimizer.md shows the passes of today; `npm run docs` writes them', () => {
  const text = page('optimizer.md');
  expect(withPasses(text)).toBe(text);
});
