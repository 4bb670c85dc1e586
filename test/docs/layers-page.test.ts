import { expect, test } from 'vitest';
import { dotToSvg } from '../../src/render/svg.ts';
import { page } from './examples.ts';
import { layersDot, withLayersTable } from './layers-page.ts';

test('docs/architecture.md shows the current layers; `npm run docs` writes them', () => {
  const text = page('architecture.md');
  expect(withLayersTable(text)).toBe(text);
});

test('docs/layers.svg is the picture of the current layers', async () => {
  expect(page('layers.svg')).toBe(await dotToSvg(layersDot()));
});
