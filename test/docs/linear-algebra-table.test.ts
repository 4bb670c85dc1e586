import { expect, test } from 'vitest';
import { page } from './examples.ts';
import { withLinearAlgebraTable } from './linear-algebra-table.ts';

test('docs/linear-algebra.md shows the current figures; `npm run docs` writes them', () => {
  const text = page('linear-algebra.md');
  expect(withLinearAlgebraTable(text)).toBe(text);
});
