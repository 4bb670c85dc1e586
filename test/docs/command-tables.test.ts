import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { differencesOf, expectNoComplaints } from '../support/complaints.ts';
import { withCommandsTable, withCommandTables } from './command-tables.ts';
import { page } from './examples.ts';

test('README.md shows the current commands; `npm run docs` writes them', () => {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(withCommandsTable(text)).toBe(text);
});

test('docs/cli.md shows the current commands, options, formats and backends; `npm run docs` writes them', () => {
  const text = page('cli.md');
  expect(withCommandTables(text)).toBe(text);
});

test('every command of src/cli/commands is listed', () => {
  const files = readdirSync(new URL('../../src/cli/commands/', import.meta.url));
  const listed = COMMANDS.map(({ name }) => `${name}.ts`);
  expectNoComplaints(differencesOf(['src/cli/commands.ts', listed], ['src/cli/commands', files]));
});
