import { defined } from '../lookup.ts';
import { equal } from '../tensor/exact.ts';
import {
  type Circuit,
  type CircuitOutput,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
} from './graph.ts';

/** Returns the replacement of a node in another graph. */
export type Moved = (id: NodeId) => NodeId;

/**
 * Rebuilds a circuit node by node, operands first, without dead nodes and with equal nodes merged.
 * `replace` returns the replacement of each node in the new graph; `moved` returns those of its
 * operands.
 *
 * @param builder an empty interning builder, for passes that read the new graph while it grows
 */
export function rewrite(
  circuit: Circuit,
  live: readonly boolean[],
  replace: (node: Node, moved: Moved, builder: GraphBuilder) => NodeId,
  builder = new GraphBuilder({ interning: true, like: circuit }),
): Circuit {
  const replaced = new Array<NodeId>(circuit.nodes.length);
  const moved = (id: NodeId) => defined(replaced[id]);
  for (const node of circuit.nodes) {
    if (!live[node.id]) continue;
    builder.at(circuit.origins[node.id]);
    replaced[node.id] = replace(node, moved, builder);
  }
  return builder.finish(
    circuit.inputs,
    circuit.outputs.map((output) => ({ ...output, node: moved(output.node) })),
  );
}

/** Whether two circuits have the same operations on the same operands, node by node. */
export function isSameCircuit(a: Circuit, b: Circuit): boolean {
  return (
    a.nodes.length === b.nodes.length &&
    a.nodes.every((node, id) => isSameNode(node, b.nodes[id])) &&
    a.outputs.length === b.outputs.length &&
    a.outputs.every((output, i) => isSameOutput(output, b.outputs[i]))
  );
}

function isSameNode(a: Node, b: Node | undefined): boolean {
  if (a === b) return true;
  const isSame = a.op === b?.op && a.secrecy === b.secrecy && a.args.length === b.args.length;
  return isSame && a.args.every((arg, i) => arg === b.args[i]);
}

function isSameOutput(a: CircuitOutput, b: CircuitOutput | undefined): boolean {
  return b !== undefined && a.name === b.name && a.node === b.node && equal(a.factor, b.factor);
}

/** Adds the same operation to another graph. */
export function copyNode(node: Node, moved: Moved, builder: GraphBuilder): NodeId {
  const stays = node.args.every((arg) => moved(arg) === arg);
  return builder.copy(node, stays ? node.args : node.args.map(moved));
}

/**
 * Copies a circuit into a builder. Returns the copy, whose nodes have the same ids as in the
 * builder and which does not grow with it.
 *
 * @param builder an empty interning builder
 */
export function copyInto(builder: GraphBuilder, circuit: Circuit): Circuit {
  const copy = rewrite(circuit, liveNodes(circuit), copyNode, builder);
  return { ...copy, nodes: [...copy.nodes], origins: [...copy.origins] };
}

/** Returns the circuit without the nodes that no output depends on. */
export function compact(circuit: Circuit): Circuit {
  const live = liveNodes(circuit);
  return live.every((isLive) => isLive) ? circuit : rewrite(circuit, live, copyNode);
}
