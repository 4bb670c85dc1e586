import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { root } from '../cli/support.ts';
import { filesOfGuides } from '../support/guides.ts';

/** The folders that paths on the pages are relative to. */
const BASES = ['', 'src', 'src/backends', 'test'];

test.each(globSync(['README.md', 'docs/**/*.md'], { cwd: root }).sort())(
  'files that %s names exist',
  (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const named = [...text.matchAll(/`((?:[\w-]+\/)+[\w.-]+\.ts)`/g)].map(([, path]) =>
      defined(path),
    );
    const isThere = (path: string) => BASES.some((base) => existsSync(join(root, base, path)));
    // The guides name files that a contributor creates.
    const missing = named.filter((path) => !isThere(path) && !filesOfGuides().includes(path));
    expect(missing).toEqual([]);
  },
);
