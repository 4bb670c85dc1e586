import { type Circuit, isView, liveNodes, type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import type { Precomputed } from '../plan/plan.ts';
import { labelExtents } from '../tensor/op.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { computedValues } from './computed-values.ts';
import { rearrangedInputs } from './rearranged-inputs.ts';

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
 *
 * @param onlyViews whether to take only rearrangements of inputs, as the source form does
 */
export function prepareInClear(circuit: Circuit, onlyViews = false): PreparedInClear {
  const ids = preparedNodes(circuit, onlyViews);
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
function preparedNodes(circuit: Circuit, onlyViews: boolean): readonly NodeId[] {
  const { nodes, outputs } = circuit;
  const rearranged = rearrangedInputs(circuit, false);
  const computable: boolean[] = [];
  const moves: boolean[] = [];
  for (const node of nodes) {
    computable.push(isComputable(circuit, node) && node.args.every((arg) => computable[arg]));
    const isMoved = !onlyViews && (movesElements(node) || node.args.some((arg) => moves[arg]));
    moves.push(isMoved);
  }
  const needed = new Array<boolean>(nodes.length).fill(false);
  for (const { node } of outputs) needed[node] = true;
  const prepared: NodeId[] = [];
  for (const { id, op, args, secrecy } of nodes.toReversed()) {
    if (!needed[id]) continue;
    const isMoved = moves[id] === true && computable[id] && !isView(op);
    const isPrepared = secrecy === 'plain' && (rearranged.has(id) || isMoved);
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
    case 'cumsum':
    case 'concat':
    case 'stack':
      return true;
    default:
      return false;
  }
}
