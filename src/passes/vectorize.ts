import { JoinedValues } from '../algebra/joined-values.ts';
import { type Circuit, GraphBuilder, liveNodes, type Node, type NodeId } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/**
 * Vectorize: values that are joined and computed alike are computed as one value, from joins of
 * their operands:
 *
 *     [dot(M[0], x), dot(M[1], x)]       M @ x
 *     concat(s*(1 - b), s*b)             concat(s, s)*concat(1 - b, b), with b repeated
 *     [sum(x*y), -2*sum(x*z)]            [1, -2]*[sum(x*y), sum(x*z)]
 *     [x, x*y, x*x*y]                    [x, x, x*x]*[1, y, y]
 *     [x, x - sum(x*y)]                  [x, x] - [0, sum(x*y)]
 *
 * The joins move towards the inputs, where they cost nothing: rows of a value are a slice of it,
 * inputs are uploaded side by side, and a value that all parts share is not joined. What is left is
 * one product instead of one for each part, and no part is masked. Safe because the operations act
 * on each part alone. It fires where all operands of the parts can be joined in this way, with no
 * more products.
 */
export const vectorize: Pass = {
  name: 'vectorize',
  summary: 'compute what is joined as one value, if its parts are alike',
  example: `input M: cipher[2, 4];
input x: cipher[4];
output r = [dot(M[0], x), dot(M[1], x)];
`,
  requires: [],
  run(circuit, context) {
    const builder = new GraphBuilder({ interning: true, like: circuit });
    const values = new JoinedValues(builder, context);
    const replace = (node: Node, moved: (id: NodeId) => NodeId) =>
      (node.kind === 'concat' || node.kind === 'stack') && node.secrecy === 'cipher'
        ? values.joined(node.kind, node.args.map(moved))
        : copyNode(node, moved, builder);
    const rewritten: Circuit = compact(rewrite(circuit, liveNodes(circuit), replace, builder));
    return { circuit: rewritten, work: values.visited };
  },
};
