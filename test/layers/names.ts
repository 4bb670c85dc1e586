import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsed } from './imports.ts';

/** A node of a syntax tree; its other fields depend on its type. */
interface SyntaxNode {
  readonly type: string;
  readonly name?: unknown;
  readonly [field: string]: unknown;
}

/** The names that a file of `src/` defines. */
export interface Names {
  /** Exported types, functions, classes and constants, each once, without re-exports. */
  readonly exported: readonly string[];
  /** Module constants whose value is data: a number or text, or a list, set or table of them. */
  readonly data: readonly string[];
}

/** Classes whose instances are data. */
const DATA_CLASSES = ['Map', 'Set', 'URL', 'RegExp', 'Uint8Array', 'Float64Array'];

/** Returns the names of a file, read from its syntax tree. */
export function namesOf(folder: string, path: string): Names {
  const program = parsed(path, readFileSync(join(folder, path), 'utf8'));
  const exported = new Set<string>();
  const data: string[] = [];
  for (const statement of program.body) {
    const isExport = statement.type === 'ExportNamedDeclaration';
    const declared = isExport ? statement.declaration : statement;
    if (!declared) continue;
    if (declared.type !== 'VariableDeclaration') {
      if (isExport && 'id' in declared && declared.id && 'name' in declared.id)
        exported.add(declared.id.name);
      continue;
    }
    for (const { id, init } of declared.declarations) {
      if (id.type !== 'Identifier') continue;
      if (isExport) exported.add(id.name);
      if (declared.kind === 'const' && isData(init as unknown as SyntaxNode)) data.push(id.name);
    }
  }
  return { exported: [...exported], data };
}

function isData(node: SyntaxNode | null): boolean {
  switch (node?.type) {
    case 'Literal':
    case 'TemplateLiteral':
    case 'ArrayExpression':
      return true;
    case 'UnaryExpression':
      return isData(node.argument as SyntaxNode);
    case 'BinaryExpression':
      return isData(node.left as SyntaxNode) && isData(node.right as SyntaxNode);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return isData(node.expression as SyntaxNode);
    case 'NewExpression':
      return DATA_CLASSES.includes(String((node.callee as SyntaxNode).name));
    case 'ObjectExpression':
      return (node.properties as SyntaxNode[]).every(
        ({ type, value }) => type === 'SpreadElement' || isData(value as SyntaxNode),
      );
    default:
      return false;
  }
}
