import type { Circuit, Node, NodeId } from '../ir/graph.ts';

/** Which scalars are combined with tensors somewhere behind them, and so wanted in more slots than one. */
export function scalarsWantedEverywhere(circuit: Circuit): readonly boolean[] {
  const wanted = new Array<boolean>(circuit.nodes.length).fill(false);
  for (let id = circuit.nodes.length - 1; id >= 0; id--) {
    const node = circuit.nodes[id] as Node;
    const rank = (arg: NodeId) => (circuit.nodes[arg] as Node).shape.length;
    const meetsTensor =
      node.op.kind === 'broadcast' ||
      (node.op.kind === 'mul' && node.args.some((arg) => rank(arg) > 0));
    for (const arg of node.args) {
      if (rank(arg) === 0 && (meetsTensor || (node.shape.length === 0 && wanted[id])))
        wanted[arg] = true;
    }
  }
  return wanted;
}
