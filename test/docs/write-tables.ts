/** Writes the tables and pictures of the pages that are made from code: `npm run docs`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { dotToSvg } from '../../src/render/svg.ts';
import { withCircuitTables } from './circuits-page.ts';
import { withCommandsTable, withCommandTables } from './command-tables.ts';
import { withDepthTable } from './depth-table.ts';
import { withCodesTable } from './errors-page.ts';
import { layersDot, withLayersTable } from './layers-page.ts';
import { withLinearAlgebraTable } from './linear-algebra-table.ts';
import { withLevels, withPasses } from './passes-page.ts';

function rewrite(name: string, change: (page: string) => string): void {
  const file = new URL(`../../${name}`, import.meta.url);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

rewrite('README.md', withCommandsTable);
rewrite('circuits/README.md', withCircuitTables);
rewrite('docs/cli.md', withCommandTables);
rewrite('docs/architecture.md', withLayersTable);
writeFileSync(new URL('../../docs/layers.svg', import.meta.url), await dotToSvg(layersDot()));
rewrite('docs/errors.md', withCodesTable);
rewrite('docs/design/optimizer.md', withLevels);
rewrite('docs/optimizer.md', (page) => withPasses(withDepthTable(page)));
rewrite('docs/linear-algebra.md', withLinearAlgebraTable);
