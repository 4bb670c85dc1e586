/**
 * Writes the tables and pictures of the docs that are generated from code: `npm run docs`. With
 * names, as in `npm run docs -- commands passes`, it writes only those. The table of depths takes
 * twenty seconds.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { dotToSvg } from '../../src/render/svg.ts';
import { withCircuitTables } from './circuits-page.ts';
import { withCommandsTable, withCommandTables } from './command-tables.ts';
import { withConstructTable } from './construct-table.ts';
import { withDepthTable } from './depth-table.ts';
import { withCodesTable } from './errors-page.ts';
import { layersDot, withLayersTable } from './layers-page.ts';
import { withLinearAlgebraTable } from './linear-algebra-table.ts';
import { withOutsideTable } from './outside-table.ts';
import { withLevels, withPasses } from './passes-page.ts';

function rewrite(name: string, change: (page: string) => string): void {
  const file = new URL(`../../${name}`, import.meta.url);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** Functions that write the tables, by name. */
const TABLES: Readonly<Record<string, () => void | Promise<void>>> = {
  circuits: () => rewrite('circuits/README.md', withCircuitTables),
  commands: () => {
    rewrite('README.md', withCommandsTable);
    rewrite('docs/cli.md', withCommandTables);
  },
  layers: async () => {
    rewrite('docs/architecture.md', withLayersTable);
    writeFileSync(new URL('../../docs/layers.svg', import.meta.url), await dotToSvg(layersDot()));
  },
  constructs: () => rewrite('docs/language.md', withConstructTable),
  codes: () => rewrite('docs/errors.md', withCodesTable),
  levels: () => rewrite('docs/design/optimizer.md', withLevels),
  passes: () => rewrite('docs/optimizer.md', withPasses),
  depths: () => rewrite('docs/optimizer.md', withDepthTable),
  outside: () => rewrite('docs/optimizer.md', withOutsideTable),
  'linear-algebra': () => rewrite('docs/linear-algebra.md', withLinearAlgebraTable),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(TABLES, name));
if (unknown.length > 0) {
  const known = Object.keys(TABLES).join(', ');
  throw new RangeError(`no table is named ${unknown.join(', ')}; the names are ${known}`);
}
for (const [name, write] of Object.entries(TABLES))
  if (names.length === 0 || names.includes(name)) await write();
