import { expect, test } from 'vitest';
import { withDepthTable } from './depth-table.ts';
import { page } from './examples.ts';

test('docs/optimizer.md shows the figures of today; `npm run docs` writes them', () => {
  const text = page('optimizer.md');
  expect(withDepthTable(text)).toBe(text);
});
