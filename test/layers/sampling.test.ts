import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { filesBelow } from './imports.ts';

it('marks every file with tests that run fewer cases in the sample', () => {
  const tests = resolve(import.meta.dirname, '..');
  const textOf = (path: string) => readFileSync(join(tests, path), 'utf8');
  const sampled = filesBelow(tests).filter((path) => /\b(cases\(\d|someOf\()/.test(textOf(path)));
  expect(sampled).toEqual(expect.arrayContaining(['fuzz/fuzz.test.ts', 'cli/docs.test.ts']));
  expect(sampled.filter((path) => !textOf(path).includes('SAMPLED'))).toEqual([]);
});
