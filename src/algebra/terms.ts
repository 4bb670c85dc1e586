import type { Node, NodeId, NodeOf } from '../ir/graph.ts';

/** A term of a flat sum. */
export interface Term {
  readonly negative: boolean;
  readonly node: NodeId;
}

/** Whether a node adds, subtracts or negates ciphertexts. */
export function isSum(node: Node): node is SumNode {
  const { kind, secrecy } = node;
  return secrecy === 'cipher' && (kind === 'add' || kind === 'sub' || kind === 'neg');
}

type SumNode = NodeOf<'add' | 'sub' | 'neg'>;

/** The operands of a sum, each with its sign. */
export function summands(sum: SumNode): readonly Term[] {
  if (sum.kind === 'neg') return [{ negative: true, node: sum.args[0] }];
  const [a, b] = sum.args;
  return [
    { negative: false, node: a },
    { negative: sum.kind === 'sub', node: b },
  ];
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
    if (!isSum(inner) || (term.node !== root.id && !dissolves(term.node))) {
      terms.push(term);
      continue;
    }
    sums.push(term.node);
    for (const { negative, node: id } of summands(inner).toReversed())
      stack.push({ negative: term.negative !== negative, node: id });
  }
  return { terms, sums: sums.sort((x, y) => x - y) };
}
