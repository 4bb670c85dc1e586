import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderResolver } from '../../src/cli/circuit-folder.ts';
import type { Source } from '../../src/syntax/diagnostic.ts';

const root = fileURLToPath(new URL('../../circuits/', import.meta.url));

/** Folder of `circuits/` with the standard library: functions to include, not circuits. */
const LIBRARY = 'std/';

/** Returns every circuit of `circuits/`, sorted by file: its path there and its text. */
export function exampleCircuits(): readonly (readonly [file: string, text: string])[] {
  return textsOf((file) => !file.startsWith(LIBRARY));
}

/** Returns every file of the standard library, sorted by file: its path there and its text. */
export function libraryFiles(): readonly (readonly [file: string, text: string])[] {
  return textsOf((file) => file.startsWith(LIBRARY));
}

/** Returns a circuit of `circuits/` as the compiler takes it, with the files that it names. */
export function exampleSource(file: string, text = textOf(file)): Source {
  return { file, text, files: { resolve: folderResolver(join(root, dirname(file))) } };
}

function textsOf(isWanted: (file: string) => boolean) {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.circ') && isWanted(file))
    .sort()
    .map((file) => [file, textOf(file)] as const);
}

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
