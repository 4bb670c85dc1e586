import { type Circuit, isView, liveNodes, type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import type { Precomputed } from '../plan/plan.ts';
import { labelExtents } from '../tensor/op.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { computedValues } from './computed-values.ts';

/** A circuit whose plain values are ready, and how the server computes them. */
export interface PreparedInClear {
  /** The circuit; values that the server has computed are plain inputs, by their names. */
  readonly circuit: Circuit;
  /** Undefined if the server computes no such values. */
  readonly prepared?: Precomputed | undefined;
}

/** Limit on the scalar products of a product that the server computes from plain inputs. */
const MOST_PRODUCTS = 2 ** 30;
/** Limit on the elements of a value that the server computes: 64 vectors of 2^14 slots. */
const MOST_ELEMENTS = 2 ** 20;

/**
 * Takes those values out of a circuit that the server computes from plain inputs alone, as whole
 * tensors, before it evaluates anything: products that sum over an axis, and all others for which
 * elements move, with what is computed from them. Slot by slot, each would take many rotations of
 * clear vectors, and a matrix would have no diagonals. Other plain values, such as a product of two
 * numbers, are computed in slots.
 */
export function prepareInClear(circuit: Circuit): PreparedInClear {
  const ids = preparedNodes(circuit);
  if (ids.length === 0) return { circuit };
  const names = new Map(ids.map((id, i) => [id, `prepared ${i + 1}`]));
  const remaining = rewrite(circuit, liveNodes(circuit), (node, moved, builder) => {
    const name = names.get(node.id);
    if (name === undefined) return copyNode(node, moved, builder);
    return builder.input({ name, secrecy: 'plain', shape: node.shape, range: undefined });
  });
  return { circuit: compact(remaining), prepared: computedValues(circuit, names) };
}

/** Returns the values that the server computes as whole tensors, ascending. */
function preparedNodes(circuit: Circuit): readonly NodeId[] {
  const { nodes, outputs } = circuit;
  const computable: boolean[] = [];
  const moves: boolean[] = [];
  for (const node of nodes) {
    computable.push(isComputable(circuit, node) && node.args.every((arg) => computable[arg]));
    moves.push(movesElements(node) || node.args.some((arg) => moves[arg]));
  }
  const needed = new Array<boolean>(nodes.length).fill(false);
  for (const { node } of outputs) needed[node] = true;
  const prepared: NodeId[] = [];
  for (const { id, op, args, secrecy } of nodes.toReversed()) {
    if (!needed[id]) continue;
    const isPrepared = secrecy === 'plain' && computable[id] && moves[id] && !isView(op);
    if (isPrepared) prepared.push(id);
    else for (const arg of args) needed[arg] = true;
  }
  return prepared.reverse();
}

/** Whether the server computes a node as a whole tensor if it has the operands. */
function isComputable(circuit: Circuit, { kind, op, args, secrecy, shape }: Node): boolean {
  if (secrecy === 'cipher' || sizeOf(shape) > MOST_ELEMENTS) return false;
  switch (kind) {
    case 'inverse':
    case 'barrier':
      return false;
    case 'pow':
      return op.exponent === 2;
    case 'mul': {
      const [a, b] = args;
      const extents = labelExtents(op, [nodeAt(circuit, a).shape, nodeAt(circuit, b).shape]);
      return sizeOf(extents) <= MOST_PRODUCTS;
    }
    default:
      return true;
  }
}

function movesElements({ kind, op }: Node): boolean {
  switch (kind) {
    case 'mul':
      return [...op.lhs, ...op.rhs].some((label) => label >= op.rank);
    case 'sum':
    case 'rotate':
    case 'concat':
    case 'stack':
      return true;
    default:
      return false;
  }
}
