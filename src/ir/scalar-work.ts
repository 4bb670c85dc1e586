import { at } from '../lookup.ts';
import { labelExtents } from '../tensor/op.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { type Circuit, type Node, nodeAt } from './graph.ts';

/**
 * Returns the number of operations on numbers that one evaluation of a circuit takes: the scalar
 * products of each multiplication, the elements that a sum adds, and the elements of every other
 * result.
 */
export function scalarWork(circuit: Circuit): number {
  let work = 0;
  for (const node of circuit.nodes) work += scalarWorkOf(circuit, node);
  return work;
}

/** The same for one node. */
export function scalarWorkOf(circuit: Circuit, { kind, op, args, shape }: Node): number {
  const shapes = args.map((arg) => nodeAt(circuit, arg).shape);
  if (kind === 'mul') return sizeOf(labelExtents(op, [at(shapes, 0), at(shapes, 1)]));
  return sizeOf(kind === 'sum' ? at(shapes, 0) : shape);
}
