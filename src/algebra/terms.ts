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

/** Returns the operands of a sum, each with its sign. */
export function summands(sum: SumNode): readonly Term[] {
  if (sum.kind === 'neg') return [{ negative: true, node: sum.args[0] }];
  const [a, b] = sum.args;
  return [
    { negative: false, node: a },
    { negative: sum.kind === 'sub', node: b },
  ];
}

/**
 * Returns the terms of a sum and of the sums inside it, from left to right, and those sums
 * themselves, operands first.
 *
 * @param isInlined whether the terms of an inner sum count as terms of the outer one
 */
export function termsOf(
  root: Node,
  node: (id: NodeId) => Node,
  isInlined: (id: NodeId) => boolean,
): { readonly terms: readonly Term[]; readonly sums: readonly NodeId[] } {
  const terms: Term[] = [];
  const sums: NodeId[] = [];
  const stack: Term[] = [{ negative: false, node: root.id }];
  for (let term = stack.pop(); term; term = stack.pop()) {
    const inner = node(term.node);
    if (!isSum(inner) || (term.node !== root.id && !isInlined(term.node))) {
      terms.push(term);
      continue;
    }
    sums.push(term.node);
    for (const { negative, node: id } of summands(inner).toReversed())
      stack.push({ negative: term.negative !== negative, node: id });
  }
  return { terms, sums: sums.sort((x, y) => x - y) };
}
