import { expandLoop } from '../build/build.ts';
import { GraphBuilder, hasLoops, type NodeId } from '../ir/graph.ts';
import { copyNode, type Pass } from './pass.ts';

/**
 * Unroll: a loop becomes the operations of all its iterations, in order, the values that one iteration
 * assigns being what the next one reads.
 *
 * Where the context says how many iterations may be restructured together, what a loop carries passes a
 * barrier after so many: to all other passes a value of its own, until `release` takes it away. Iterations of
 * loops inside an outermost one belong to its iterations.
 *
 * Safe because loop bounds are constants and a body has no effect but its assignments. It neither merges
 * nor removes anything, so what it gives is the program as written; nothing is lost when it runs first.
 */
export const unroll: Pass = {
  name: 'unroll',
  summary: 'expand every loop into its iterations',
  run(circuit, context) {
    if (!hasLoops(circuit)) return { circuit };
    const builder = new GraphBuilder({ interning: false });
    const replaced: NodeId[] = [];
    const results = new Map<NodeId, readonly NodeId[]>();
    for (const node of circuit.nodes) {
      builder.at(circuit.origins[node.id]);
      if (node.op.kind === 'loop') {
        results.set(
          node.id,
          expandLoop(builder, node.op.body, (old) => replaced[old] as NodeId, context.unroll),
        );
        replaced.push(-1);
      } else if (node.op.kind === 'result') {
        replaced.push(results.get(node.args[0] as NodeId)?.[node.op.index] as NodeId);
      } else {
        replaced.push(
          copyNode(
            node,
            node.args.map((arg) => replaced[arg] as NodeId),
            builder,
          ),
        );
      }
    }
    const outputs = circuit.outputs.map((output) => ({
      ...output,
      node: replaced[output.node] as NodeId,
    }));
    return { circuit: builder.finish(circuit.inputs, outputs) };
  },
};
