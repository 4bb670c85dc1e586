import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withCommandsTable, withCommandTables } from './command-tables.ts';
import { page } from './examples.ts';

test('README.md shows the commands of today; `npm run docs` writes them', () => {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(withCommandsTable(text)).toBe(text);
});

test('docs/cli.md shows the commands, options, forms and backends of today', () => {
  const text = page('cli.md');
  expect(withCommandTables(text)).toBe(text);
});
