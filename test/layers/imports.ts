import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { alg, Graph } from '@dagrejs/graphlib';
import { type Program, parseSync } from 'oxc-parser';

/** The folder of the layers. */
export const sources = resolve(import.meta.dirname, '../../src');

/** The files, packages and parts of Node that a file of `src/` uses. */
export interface Imports {
  /** Paths below `src/` of files that it imports, also for types only, or starts as a thread. */
  readonly files: readonly string[];
  /** Names of the packages that it imports. */
  readonly packages: readonly string[];
  /** Modules and globals that only Node has. */
  readonly node: readonly string[];
}

/** Globals that browsers do not have, or that print. */
const NODE_GLOBALS = new Set(['process', 'console', 'Buffer', '__dirname', '__filename']);

/** Returns the paths below a folder of all its TypeScript files. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort();
}

/** Returns what a file uses, read from its syntax tree. */
export function importsOf(folder: string, path: string): Imports {
  return importsIn(path, readFileSync(join(folder, path), 'utf8'));
}

/** Returns what a source text uses, as if it were the file at `path`. */
export function importsIn(path: string, text: string): Imports {
  const program = parsed(path, text);
  const files = new Set<string>();
  const packages = new Set<string>();
  const node = new Set<string>();
  visit(program, (parent, key, { type, name, value }) => {
    const isMember = key === 'property' && parent.computed === false;
    const isKey = key === 'key' && parent.computed === false;
    if (type === 'Identifier' && !isMember && !isKey && NODE_GLOBALS.has(String(name)))
      node.add(String(name));
    if (type !== 'Literal' || typeof value !== 'string') return;
    // Not only imports count: a thread is started with the URL of its file.
    if (/^\.\.?\/.*\.ts$/.test(value)) files.add(relative('/', resolve('/', dirname(path), value)));
    else if (value.startsWith('node:')) node.add(value);
    else if (key === 'source' && !value.startsWith('.')) packages.add(packageOf(value));
  });
  return { files: [...files], packages: [...packages], node: [...node] };
}

/** Returns the syntax tree of a file. Throws an Error if it has syntax errors. */
export function parsed(path: string, text: string): Program {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  return program;
}

/** Returns the package of a specifier such as `@scope/name/file` or `name/file`. */
function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

type SyntaxNode = Readonly<Record<string, unknown>>;

/** Calls `look` for every node of a tree except the root, with its parent and its key there. */
function visit(
  parent: unknown,
  look: (parent: SyntaxNode, key: string, node: SyntaxNode) => void,
): void {
  if (typeof parent !== 'object' || parent === null) return;
  for (const [key, child] of Object.entries(parent)) {
    for (const node of Array.isArray(child) ? child : [child]) {
      if (typeof node !== 'object' || node === null) continue;
      look(parent as SyntaxNode, key, node as SyntaxNode);
      visit(node, look);
    }
  }
}

/** Returns the groups of files that import each other in a circle of any length. */
export function circlesOf(imports: ReadonlyMap<string, Imports>): readonly (readonly string[])[] {
  const graph = new Graph();
  for (const [path, { files }] of imports) for (const file of files) graph.setEdge(path, file);
  return alg.tarjan(graph).filter((component) => component.length > 1);
}
