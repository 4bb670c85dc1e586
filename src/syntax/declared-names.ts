import type { Ident, Item, Stmt } from './ast.ts';

/** Returns the names that an item declares in the block that it is in. */
export function declaredNames(item: Item): readonly Ident[] {
  switch (item.kind) {
    case 'param':
    case 'const':
    case 'input':
    case 'fn':
    case 'let':
    case 'var':
      return [item.name];
    case 'unpack':
      return item.names;
    default:
      return [];
  }
}

/** Returns the statements in the blocks of an item: of a loop, the branches of an `if`, a function. */
export function innerStatements(item: Item): readonly Stmt[] {
  switch (item.kind) {
    case 'for':
    case 'fn':
      return item.body;
    case 'if':
      return [...item.branches.flatMap(({ body }) => body), ...(item.otherwise ?? [])];
    default:
      return [];
  }
}
