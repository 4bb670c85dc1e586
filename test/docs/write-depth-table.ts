/** Writes the depth table of docs/optimizer.md anew: `npm run docs`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { withDepthTable } from './depth-table.ts';

const file = new URL('../../docs/optimizer.md', import.meta.url);
writeFileSync(file, withDepthTable(readFileSync(file, 'utf8')));
