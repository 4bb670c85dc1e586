/** Writes the tables of docs/optimizer.md and docs/linear-algebra.md anew: `npm run docs`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { withDepthTable } from './depth-table.ts';
import { withLinearAlgebraTable } from './linear-algebra-table.ts';

function rewrite(name: string, change: (page: string) => string): void {
  const file = new URL(`../../docs/${name}`, import.meta.url);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

rewrite('optimizer.md', withDepthTable);
rewrite('linear-algebra.md', withLinearAlgebraTable);
