import { expect, test } from 'vitest';
import { filesBelow, sources } from './imports.ts';
import { namesOf } from './names.ts';

const names = filesBelow(sources).map((path) => ({ path, ...namesOf(sources, path) }));

test('an exported name is exported by only one file', () => {
  const files = new Map<string, string[]>();
  for (const { path, exported } of names)
    for (const name of exported) files.set(name, [...(files.get(name) ?? []), path]);
  const shared = [...files].filter(([, paths]) => paths.length > 1);
  expect(shared.map(([name, paths]) => `${name}: ${paths.join(', ')}`)).toEqual([]);
  expect(files.size).toBeGreaterThan(1000);
});

test('a constant whose value is data is written in capitals', () => {
  const others = names.flatMap(({ path, data }) =>
    data.filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name)).map((name) => `${path}: ${name}`),
  );
  expect(others).toEqual([]);
  expect(names.flatMap(({ data }) => data).length).toBeGreaterThan(200);
});
