import { arrivalsIn, compareArrivals } from '../ir/arrival.ts';
import { type Circuit, GraphBuilder, liveNodes, type NodeId, nodeAt } from '../ir/graph.ts';
import { compact, copyNode } from '../ir/rewrite.ts';
import { at } from '../lookup.ts';
import type { Pass } from './pass.ts';

/**
 * Unify: values that are the same polynomial become one, however they are computed; the earliest
 * one stays.
 *
 *     (a*b)*c and a*(b*c)      x*(1 + y) and x + x*y
 *
 * Passes that compute a value earlier leave the later version to users that can wait for it. Both
 * versions are the same polynomial, and computing both is waste. Two values count as equal if they
 * agree at a random point modulo the product of two 60-bit primes. For different polynomials of
 * degree d that has a probability of at most d²/2^119 (J. T. Schwartz, 1980), and the chosen
 * circuit is compared with its source form at other points. Safe for that reason, and because no
 * user gets a later value than before.
 */
export const unify: Pass = {
  name: 'unify',
  summary: 'compute the same polynomial once, however it is written',
  example: `input x: cipher;
input y: cipher;
var a = x;
for i in 0..2 { a = a*y; }
output a;
output b = x*(y*y);
`,
  // A barrier is equal to its operand and would be merged with it.
  requires: ['noBarriers'],
  run(circuit, context) {
    const residues = context.residues.of(circuit);
    if (!residues) return { circuit };
    const live = liveNodes(circuit);
    const arrivals = arrivalsIn(circuit, context);
    // Operands of the earliest value arrive earlier still, or as early and have smaller ids.
    const order = circuit.nodes
      .map(({ id }) => id)
      .filter((id) => live[id])
      .sort((a, b) => compareArrivals(arrivals.of(a), arrivals.of(b)) || a - b);
    const first = new Map<string, NodeId>();
    const chosen: NodeId[] = [];
    for (const id of order) {
      const node = nodeAt(circuit, id);
      const key = node.secrecy === 'cipher' ? `${node.shape.join()}:${residues[id]}` : `${id}`;
      chosen[id] = first.get(key) ?? id;
      if (chosen[id] === id) first.set(key, id);
    }
    return { circuit: rebuilt(circuit, order, chosen) };
  },
};

function rebuilt(circuit: Circuit, order: readonly NodeId[], chosen: readonly NodeId[]): Circuit {
  const builder = new GraphBuilder({ interning: true });
  const copies: NodeId[] = [];
  const replaced = (id: NodeId) => at(copies, at(chosen, id));
  for (const id of order) {
    if (chosen[id] !== id) continue;
    builder.at(circuit.origins[id]);
    const node = nodeAt(circuit, id);
    copies[id] = copyNode(node, replaced, builder);
  }
  const outputs = circuit.outputs.map((output) => ({ ...output, node: replaced(output.node) }));
  return compact(builder.finish(circuit.inputs, outputs));
}
