import { type Circuit, GraphBuilder, liveNodes, type Node, type NodeId } from './graph.ts';

/**
 * Rebuilds a circuit node by node, operands first, dead nodes left out and equal nodes merged. `make`
 * gives each node's replacement in the new graph, from its already replaced operands.
 *
 * @param builder an empty interning builder, for passes that look at the new graph while it grows
 */
export function rewrite(
  circuit: Circuit,
  live: readonly boolean[],
  make: (node: Node, args: readonly NodeId[], builder: GraphBuilder) => NodeId,
  builder = new GraphBuilder({ interning: true }),
): Circuit {
  const replaced = new Array<NodeId>(circuit.nodes.length);
  for (const node of circuit.nodes) {
    if (!live[node.id]) continue;
    builder.at(circuit.origins[node.id]);
    replaced[node.id] = make(
      node,
      node.args.map((arg) => replaced[arg] as NodeId),
      builder,
    );
  }
  return builder.finish(
    circuit.inputs,
    circuit.outputs.map((output) => ({ ...output, node: replaced[output.node] as NodeId })),
  );
}

/** Makes the same operation in another graph. */
export function copyNode(node: Node, args: readonly NodeId[], builder: GraphBuilder): NodeId {
  const { op } = node;
  switch (op.kind) {
    case 'input':
      return builder.input(op.type);
    case 'const':
      return builder.constant(op.tensor);
    case 'barrier':
      return builder.barrier(args[0] as NodeId);
    default:
      return builder.apply(op, args);
  }
}

/**
 * The circuit as a builder has it after its nodes were copied there: what is looked at while the builder grows, whose
 * nodes have the same ids.
 *
 * @param builder an empty interning builder
 */
export function copyInto(builder: GraphBuilder, circuit: Circuit): Circuit {
  const copy = rewrite(circuit, liveNodes(circuit), copyNode, builder);
  return { ...copy, nodes: [...copy.nodes], origins: [...copy.origins] };
}

/** The circuit without the nodes that no output depends on. */
export function compact(circuit: Circuit): Circuit {
  return rewrite(circuit, liveNodes(circuit), copyNode);
}
