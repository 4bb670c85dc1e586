import { type Circuit, isTensorOp, type Node, type NodeId } from '../ir/graph.ts';
import { lookUp } from '../lookup.ts';
import type { ClientOp, Precomputed } from '../plan/plan.ts';
import { type Constant, uniformValue } from '../tensor/constant.ts';

/**
 * Returns the operations on whole tensors by which a party computes some values of a circuit from
 * its inputs.
 *
 * @param names names of the values
 */
export function computedValues(circuit: Circuit, names: ReadonlyMap<NodeId, string>): Precomputed {
  const needed = new Array<boolean>(circuit.nodes.length).fill(false);
  for (const id of names.keys()) needed[id] = true;
  for (const { id, args } of circuit.nodes.toReversed())
    if (needed[id]) for (const arg of args) needed[arg] = true;
  const indices = new Map<NodeId, number>();
  const ops: ClientOp[] = [];
  for (const node of circuit.nodes) {
    if (!needed[node.id]) continue;
    indices.set(node.id, ops.length);
    ops.push(writtenOp(node, indices));
  }
  return { ops, values: [...names].map(([id, name]) => ({ name, value: lookUp(indices, id) })) };
}

function writtenOp({ op, args }: Node, indices: ReadonlyMap<NodeId, number>): ClientOp {
  if (op.kind === 'input') return { kind: 'input', input: op.type.name };
  if (op.kind === 'const') return { kind: 'const', ...constantData(op.tensor) };
  if (!isTensorOp(op)) throw new Error(`no party computes a ${op.kind}`);
  return { ...op, args: args.map((arg) => lookUp(indices, arg)) } as ClientOp;
}

function constantData(tensor: Constant) {
  const uniform = uniformValue(tensor);
  const data = uniform ? uniform.value : tensor.data.map(({ value }) => value);
  return { shape: [...tensor.shape], data };
}
