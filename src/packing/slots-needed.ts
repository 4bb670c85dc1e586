import { type Circuit, isView, type NodeId, nodeAt } from '../ir/graph.ts';
import { labelExtents } from '../tensor/op.ts';
import type { Shape } from '../tensor/tensor.ts';
import { bitsFor } from './layout.ts';

/** Slots of the largest ciphertext that is offered: half of N = 32768. */
export const MAX_SLOTS = 16_384;

/** Which nodes are inputs and constants, looked at in some way or other. */
function viewedNodes(circuit: Circuit): readonly boolean[] {
  const viewed = new Array<boolean>(circuit.nodes.length).fill(false);
  for (const { id, op, args } of circuit.nodes) {
    viewed[id] = args.length === 0 || (isView(op) && args.every((arg) => viewed[arg]));
  }
  return viewed;
}

/** Whether a circuit computes tensors of more than one axis, or with them. */
export function hasComputedMatrices(circuit: Circuit): boolean {
  const viewed = viewedNodes(circuit);
  const rank = (id: NodeId) => nodeAt(circuit, id).shape.length;
  return circuit.nodes.some(
    ({ id, args }) => !viewed[id] && (rank(id) > 1 || args.some((arg) => rank(arg) > 1)),
  );
}

/**
 * Logical slots that a circuit's values need: the smallest power of two that holds every tensor which is
 * computed with (of a tensor of rank 3 each matrix) and the grid of a matrix and a vector, and twice a vector that is
 * rotated cyclically in a length which is no power of two. At most what a ciphertext has; larger tensors take several.
 */
export function slotsNeeded(circuit: Circuit): number {
  const isOutput = new Set(circuit.outputs.map(({ node }) => node));
  const viewed = viewedNodes(circuit);
  let bits = 0;
  const hold = (shape: Shape) => {
    const held = shape.length > 2 ? shape.slice(1) : shape;
    bits = Math.max(
      bits,
      held.reduce((sum, extent) => sum + bitsFor(extent), 0),
    );
  };
  for (const node of circuit.nodes) {
    const shapeOf = (id: NodeId) => nodeAt(circuit, id).shape;
    if (!viewed[node.id]) {
      hold(node.shape);
      for (const arg of node.args) hold(shapeOf(arg));
      if (node.kind === 'mul') {
        const [a, b] = node.args;
        const extents = labelExtents(node.op, [shapeOf(a), shapeOf(b)]);
        if (extents.length === 2) hold(extents);
      }
    } else if (isOutput.has(node.id)) hold(node.shape);
    const [n = 1] = node.shape;
    if (node.kind === 'rotate' && 2 ** bitsFor(n) !== n) bits = Math.max(bits, bitsFor(2 * n));
  }
  return Math.min(2 ** bits, MAX_SLOTS);
}
