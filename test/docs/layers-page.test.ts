import { expect, test } from 'vitest';
import { dotToSvg } from '../../src/render/svg.ts';
import { page } from './examples.ts';
import { layersDot, withLayersTable } from './layers-page.ts';

test('docs/architecture.md shows the layers of today; `npm run docs` writes them', () => {
  const text = page('architecture.md');
  expect(withLayersTable(text)).toBe(text);
});

test('docs/layers.svg is the picture of them', async () => {
  expect(page('layers.svg')).toBe(await dotToSvg(layersDot()));
});
