import { type Circuit, isView, type NodeId, nodeAt } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { labelExtents } from '../tensor/op.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';
import { bitsFor } from './layout.ts';

/** Slots of the largest ciphertext that packing uses: half of N = 32768. */
export const MAX_SLOTS = 16_384;

/** Returns for each node whether it is an input, a constant or a view of one. */
function viewedNodes(circuit: Circuit): readonly boolean[] {
  const viewed = new Array<boolean>(circuit.nodes.length).fill(false);
  for (const { id, op, args } of circuit.nodes) {
    viewed[id] = args.length === 0 || (isView(op) && args.every((arg) => viewed[arg]));
  }
  return viewed;
}

/** Whether a circuit computes tensors of more than one axis, or computes with such tensors. */
export function hasComputedMatrices(circuit: Circuit): boolean {
  const viewed = viewedNodes(circuit);
  const rank = (id: NodeId) => nodeAt(circuit, id).shape.length;
  return circuit.nodes.some(
    ({ id, args }) => !viewed[id] && (rank(id) > 1 || args.some((arg) => rank(arg) > 1)),
  );
}

/**
 * Returns how many logical slots a circuit's values need: the smallest power of two in which each
 * of these fits: every tensor that is computed with (of a stack of matrices, each matrix), the grid
 * of every product of a matrix and a vector, and twice every vector that is rotated cyclically in a
 * length that is not a power of two, or whose running sums are computed. At most {@link MAX_SLOTS}:
 * larger tensors take several ciphertexts.
 */
export function slotsNeeded(circuit: Circuit): number {
  const isOutput = new Set(circuit.outputs.map(({ node }) => node));
  const viewed = viewedNodes(circuit);
  let bits = 0;
  const requireRoom = (shape: Shape) => {
    const axes = shape.slice(-2);
    bits = Math.max(
      bits,
      axes.reduce((sum, extent) => sum + bitsFor(extent), 0),
    );
  };
  for (const node of circuit.nodes) {
    const shapeOf = (id: NodeId) => nodeAt(circuit, id).shape;
    if (!viewed[node.id]) {
      requireRoom(node.shape);
      for (const arg of node.args) requireRoom(shapeOf(arg));
      if (node.kind === 'mul') {
        const [a, b] = node.args;
        const extents = labelExtents(node.op, [shapeOf(a), shapeOf(b)]);
        if (extents.length === 2) requireRoom(extents);
      }
    } else if (isOutput.has(node.id)) requireRoom(node.shape);
    const [n = 1] = node.shape;
    const isRagged = node.kind === 'rotate' && 2 ** bitsFor(n) !== n;
    if (isRagged || node.kind === 'cumsum') bits = Math.max(bits, bitsFor(2 * n));
  }
  return Math.min(2 ** bits, MAX_SLOTS);
}

/**
 * Returns the slots of the largest grid that a product of matrices fills: the smallest power of two
 * in which all indices of its axes, also of the summed ones, have a slot of their own. 0 if there
 * is none, or none that fits in {@link MAX_SLOTS}.
 */
export function slotsOfGrids(circuit: Circuit): number {
  const viewed = viewedNodes(circuit);
  let most = 0;
  for (const { id, kind, op, args } of circuit.nodes) {
    if (kind !== 'mul' || viewed[id]) continue;
    const [a, b] = args;
    const extents = labelExtents(op, [nodeAt(circuit, a).shape, nodeAt(circuit, b).shape]);
    const slots = 2 ** extents.reduce((bits, extent) => bits + bitsFor(extent), 0);
    if (extents.length === 3 && slots <= MAX_SLOTS) most = Math.max(most, slots);
  }
  return most;
}

/**
 * Returns how many slots gather the outputs of a circuit on single numbers: the smallest power of
 * two in which the elements of every output fit. At most {@link MAX_SLOTS}: larger outputs take
 * several ciphertexts.
 */
export function slotsGathered({ nodes, outputs }: Circuit): number {
  const sizes = outputs.map(({ node }) => sizeOf(at(nodes, node).shape));
  const largest = sizes.reduce((most, size) => Math.max(most, size), 1);
  return Math.min(2 ** bitsFor(largest), MAX_SLOTS);
}
