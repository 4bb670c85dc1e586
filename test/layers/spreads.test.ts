import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, parsed, sources } from './imports.ts';

/**
 * A list that is spread as arguments fails if it is longer than the stack has room for, about
 * 100,000 elements, and only then. Which lists are short is hard to see, so none is spread into
 * the functions that take lists: `largestOf`, `smallestOf` and loops take lists of any length.
 */

const TAKES_LISTS = /^(Math\.(max|min)|.*\.(push|unshift|splice|concat)|sha256)$/;

/** Returns the calls of a text that spread a list into a function that takes lists. */
function spreadsIn(path: string, text: string): readonly string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const {
      type,
      callee,
      arguments: args,
    } = value as {
      type?: string;
      callee?: { start: number; end: number };
      arguments?: readonly { type: string }[];
    };
    if (type === 'CallExpression' && callee && args?.some((arg) => arg.type === 'SpreadElement')) {
      const name = text.slice(callee.start, callee.end);
      if (TAKES_LISTS.test(name)) found.push(`${path}: ${name}`);
    }
    for (const child of Object.values(value)) visit(child);
  };
  visit(parsed(path, text).body);
  return found;
}

test('no list is spread as arguments of a function that takes lists', () => {
  // The example programs import nothing but the library.
  const files = filesBelow(sources).filter((path) => !path.startsWith('examples/'));
  const found = files.flatMap((path) => spreadsIn(path, readFileSync(join(sources, path), 'utf8')));
  expect(found).toEqual([]);
});

test('a spread is found in every form', () => {
  const text = 'Math.max(0, ...a);\nb.c.push(...d.map((x) => x));\nf(...g);\n[...h];\nb.push(c);';
  expect(spreadsIn('a.ts', text)).toEqual(['a.ts: Math.max', 'a.ts: b.c.push']);
});
