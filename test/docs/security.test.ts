import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../cli/support.ts';
import { page } from './examples.ts';

test('docs/SECURITY.md names the SEAL that is installed', () => {
  const installed = (file: string) =>
    readFileSync(join(root, 'node_modules/node-seal', file), 'utf8');
  const { version } = JSON.parse(installed('package.json')) as { version: string };
  const [, seal] = /aligned with Microsoft SEAL ([\d.]+\d)/.exec(installed('README.md')) ?? [];
  const named = `shoal uses node-seal ${version}, which is Microsoft SEAL ${seal} compiled`;
  expect(page('SECURITY.md')).toContain(named);
});
