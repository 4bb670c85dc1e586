import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const files = readdirSync('src/examples', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src/examples', file));

test('examples import, of the project, their own folder and the library alone', () => {
  expect(files.length).toBeGreaterThan(20);
  const others = files.flatMap((file) => {
    const relative = readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g);
    return [...relative]
      .map(([, from, lazy]) => normalize(join(dirname(file), from ?? lazy!)))
      .filter((path) => path !== 'src/index.ts' && dirname(path) !== dirname(file))
      .map((path) => `${file}: ${path}`);
  });
  expect(others).toEqual([]);
});
