import { type Circuit, GraphBuilder, isTensorOp, type Node, type NodeId } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { applyOp } from '../tensor/op.ts';
import { gather, type Ring, scalar, type Tensor } from '../tensor/tensor.ts';

/**
 * Returns the same circuit on single numbers, for plaintexts without slots. Every element of every
 * tensor becomes a node, and an output tensor becomes a stack of its elements. Rearrangements then
 * cost nothing, sums are additions, and elementwise operations cost one operation for each element.
 *
 * Tensor operations are defined over any ring; here the ring's elements are nodes of the new graph.
 *
 * @param circuit without barriers
 * @param options.interning whether equal operations become one node
 */
export function scalarize(circuit: Circuit, options: { readonly interning: boolean }): Circuit {
  const builder = new GraphBuilder(options);
  const ring = ringOf(builder);
  const values: Tensor<NodeId>[] = [];
  for (const node of circuit.nodes) {
    builder.at(circuit.origins[node.id]);
    const args = node.args.map((arg) => at(values, arg));
    values.push(scalarsOf(node, args, ring, builder));
  }
  const outputs = circuit.outputs.map(({ node, ...output }) => {
    builder.at(circuit.origins[node]);
    return { ...output, node: stacked(at(values, node), builder) };
  });
  return builder.finish(circuit.inputs, outputs);
}

function ringOf(builder: GraphBuilder): Ring<NodeId> {
  return {
    add: (a, b) => builder.apply({ kind: 'add' }, [a, b]),
    subtract: (a, b) => builder.apply({ kind: 'sub' }, [a, b]),
    multiply: (a, b) => builder.apply({ kind: 'mul', lhs: [], rhs: [], rank: 0 }, [a, b]),
    negate: (a) => builder.apply({ kind: 'neg' }, [a]),
    invert: (a) => builder.apply({ kind: 'inverse' }, [a]),
  };
}

function scalarsOf(
  { op, shape }: Node,
  args: readonly Tensor<NodeId>[],
  ring: Ring<NodeId>,
  builder: GraphBuilder,
): Tensor<NodeId> {
  switch (op.kind) {
    case 'const':
      return { shape, data: op.tensor.data.map((x) => builder.constant(scalar(x))) };
    case 'input':
      return elementsOf(builder.input(op.type), shape, builder);
    case 'pow':
      // Packing decides how powers are computed.
      return { shape, data: at(args, 0).data.map((x) => builder.apply(op, [x])) };
    default:
      if (!isTensorOp(op)) throw new Error(`a ${op.kind} cannot be split into numbers`);
      return applyOp(op, args, ring);
  }
}

/** Returns the elements of an input. */
function elementsOf(input: NodeId, shape: readonly number[], builder: GraphBuilder) {
  if (shape.length === 0) return scalar(input);
  const sizes = shape.map(() => 1);
  const drop = shape.map(() => true);
  const starts = indicesOf(shape);
  const data = starts.map((at) =>
    builder.apply({ kind: 'slice', starts: at, sizes, drop }, [input]),
  );
  return { shape, data };
}

/** Returns the indices of all elements, row-major. */
function indicesOf(shape: readonly number[]): readonly (readonly number[])[] {
  return shape.reduce<readonly (readonly number[])[]>(
    (indices, extent) =>
      indices.flatMap((index) => Array.from({ length: extent }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Returns a tensor as one node: a stack of stacks. */
function stacked({ shape, data }: Tensor<NodeId>, builder: GraphBuilder): NodeId {
  if (shape.length === 0) return at(data, 0);
  const [count = 0, ...inner] = shape;
  const size = data.length / count;
  const strides = inner.map((_, axis) => inner.slice(axis + 1).reduce((n, m) => n * m, 1));
  const rows = Array.from({ length: count }, (_, i) =>
    stacked(gather(data, inner, i * size, strides), builder),
  );
  return builder.apply({ kind: 'stack' }, rows);
}
