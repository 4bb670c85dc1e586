import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { root } from '../cli/support.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Returns the names in backticks. */
const namesIn = (text: string): string[] =>
  [...text.matchAll(/`(\w+)`/g)].map(([, name]) => defined(name));

test('exports that the changelog lists as renamed have only their new names', () => {
  const [, table] = read('docs/CHANGELOG.md').split('| 0.1.0 | now |\n');
  const rows = defined(defined(table).split('\n\n')[0]).split('\n').slice(1);
  expect(rows.length).toBeGreaterThan(0);
  const entry = read('src/index.ts');
  const isExported = (name: string) =>
    new RegExp(`^(export (type )?\\{[^}]*|  (type )?)\\b${name}\\b`, 'm').test(entry);
  for (const row of rows) {
    const [, old, now] = row.split('|');
    expect([row, namesIn(defined(old)).filter(isExported)]).toEqual([row, []]);
    expect([row, namesIn(defined(now)).filter((name) => !isExported(name))]).toEqual([row, []]);
  }
});
