import type { Node, NodeId } from '../ir/graph.ts';

/** A term of a flat sum. */
export interface Term {
  readonly negative: boolean;
  readonly node: NodeId;
}

/** Whether a node adds, subtracts or negates ciphertexts. */
export function isSum({ op, secrecy }: Node): boolean {
  return secrecy === 'cipher' && (op.kind === 'add' || op.kind === 'sub' || op.kind === 'neg');
}

/**
 * The terms of a sum and of the sums inside it, from left to right, and the sums themselves, operands first.
 *
 * @param dissolves whether a sum inside it is a part of it
 */
export function termsOf(
  root: Node,
  node: (id: NodeId) => Node,
  dissolves: (id: NodeId) => boolean,
): { readonly terms: readonly Term[]; readonly sums: readonly NodeId[] } {
  const terms: Term[] = [];
  const sums: NodeId[] = [];
  const stack: Term[] = [{ negative: false, node: root.id }];
  for (let term = stack.pop(); term; term = stack.pop()) {
    const inner = node(term.node);
    if (term.node !== root.id && !(isSum(inner) && dissolves(term.node))) {
      terms.push(term);
      continue;
    }
    sums.push(term.node);
    const [a, b] = inner.args as [NodeId, NodeId?];
    const { kind } = inner.op;
    if (b !== undefined) stack.push({ negative: term.negative !== (kind === 'sub'), node: b });
    stack.push({ negative: term.negative !== (kind === 'neg'), node: a });
  }
  return { terms, sums: sums.sort((x, y) => x - y) };
}
