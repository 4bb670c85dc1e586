/** Writes `railroad.html` from `circ.ebnf`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseEbnf } from './ebnf.ts';
import { railroadPage } from './railroad.ts';

const here = (name: string): URL => new URL(name, import.meta.url);

const grammar = parseEbnf(readFileSync(here('circ.ebnf'), 'utf8'));
writeFileSync(here('railroad.html'), railroadPage(grammar, ['digit', 'letter']));
