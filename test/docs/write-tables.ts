/** Writes what docs/ has of tables and pictures that are made from code: `npm run docs`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { dotToSvg } from '../../src/render/svg.ts';
import { withDepthTable } from './depth-table.ts';
import { withCodesTable } from './errors-page.ts';
import { layersDot, withLayersTable } from './layers-page.ts';
import { withLinearAlgebraTable } from './linear-algebra-table.ts';

function rewrite(name: string, change: (page: string) => string): void {
  const file = new URL(`../../docs/${name}`, import.meta.url);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

rewrite('architecture.md', withLayersTable);
writeFileSync(new URL('../../docs/layers.svg', import.meta.url), await dotToSvg(layersDot()));
rewrite('errors.md', withCodesTable);
rewrite('optimizer.md', withDepthTable);
rewrite('linear-algebra.md', withLinearAlgebraTable);
