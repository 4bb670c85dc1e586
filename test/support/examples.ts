import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../circuits/', import.meta.url));

/** Returns every circuit of `circuits/`, sorted by file: its path there and its text. */
export function exampleCircuits(): readonly (readonly [file: string, text: string])[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.circ'))
    .sort()
    .map((file) => [file, readFileSync(`${root}${file}`, 'utf8')]);
}
