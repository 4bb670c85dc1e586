import { expect, test } from 'vitest';
import { OUTSIDE_PROGRAMS } from '../outside/outside-programs.ts';
import { SAMPLED, someOf } from '../support/sampling.ts';
import { page } from './examples.ts';
import { outsideRow, withOutsideTable } from './outside-table.ts';

const title = 'docs/optimizer.md shows the figures of outside programs; `npm run docs` writes them';

test(title, SAMPLED, () => {
  const text = page('optimizer.md');
  const programs = someOf(OUTSIDE_PROGRAMS, 4);
  if (programs.length === OUTSIDE_PROGRAMS.length) expect(withOutsideTable(text)).toBe(text);
  else
    for (const program of programs)
      expect(text).toContain(`| ${outsideRow(program).join(' | ')} |`);
});
