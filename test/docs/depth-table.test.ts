import { expect, test } from 'vitest';
import { SAMPLED, someOf } from '../support/sampling.ts';
import { GROUPS, lineOf, withDepthTable } from './depth-table.ts';
import { page } from './examples.ts';

const title = 'docs/optimizer.md shows the current figures; `npm run docs` writes them';

test(title, SAMPLED, () => {
  const text = page('optimizer.md');
  const groups = someOf(GROUPS, 4);
  if (groups.length === GROUPS.length) expect(withDepthTable(text)).toBe(text);
  else for (const group of groups) expect(text).toContain(`\n${lineOf(group)}\n`);
});
