import type { Circuit, Node } from '../ir/graph.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { powerOfTwoAbove } from './layout.ts';

/** Operations that lay out an input or constant anew without holding it as it is. */
const VIEWS = new Set(['slice', 'permute', 'broadcast']);

/**
 * Logical slots that a circuit's values need: the smallest power of two that holds every tensor which is
 * computed with, and twice a vector that is rotated cyclically in a length which is no power of two.
 */
export function slotsNeeded(circuit: Circuit): number {
  const isOutput = new Set(circuit.outputs.map(({ node }) => node));
  const known = new Array<boolean>(circuit.nodes.length).fill(false);
  let slots = 1;
  const hold = (node: Node) => {
    slots = Math.max(slots, powerOfTwoAbove(sizeOf(node.shape)));
  };
  for (const node of circuit.nodes) {
    const operands = node.args.map((arg) => circuit.nodes[arg] as Node);
    known[node.id] =
      node.args.length === 0 || (VIEWS.has(node.op.kind) && Boolean(known[node.args[0] as number]));
    if (!known[node.id]) {
      hold(node);
      operands.forEach(hold);
    } else if (isOutput.has(node.id)) hold(node);
    const n = sizeOf(node.shape);
    if (node.op.kind === 'rotate' && powerOfTwoAbove(n) !== n)
      slots = Math.max(slots, powerOfTwoAbove(2 * n));
  }
  return slots;
}
