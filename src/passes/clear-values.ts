import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { type Constant, EXACT_RING } from '../tensor/constant.ts';
import { applyOp, elementwiseProduct, type TensorOp } from '../tensor/op.ts';
import { type Shape, sameShape } from '../tensor/tensor.ts';

/**
 * Arithmetic on clear nodes: constants are computed at once, plain values become operations. Operands are
 * scalars or have one common shape.
 */
export function addClear(builder: GraphBuilder, a: NodeId, b: NodeId): NodeId {
  const shape = widerShape(builder, a, b);
  return applyClear(builder, { kind: 'add' }, [
    spreadClear(builder, a, shape),
    spreadClear(builder, b, shape),
  ]);
}

/** a · b, elementwise. */
export function mulClear(builder: GraphBuilder, a: NodeId, b: NodeId): NodeId {
  const [x, y] = [builder.node(a), builder.node(b)];
  return applyClear(builder, elementwiseProduct(x.shape, y.shape), [a, b]);
}

/** -a. */
export function negateClear(builder: GraphBuilder, a: NodeId): NodeId {
  return applyClear(builder, { kind: 'neg' }, [a]);
}

/** The value repeated to a shape, if it does not have it. */
export function spreadClear(builder: GraphBuilder, a: NodeId, shape: Shape): NodeId {
  if (sameShape(builder.node(a).shape, shape)) return a;
  return builder.apply({ kind: 'broadcast', shape, axes: [] }, [a]);
}

/** The constant that a node is, if it is one. */
export function constantAt(builder: GraphBuilder, id: NodeId): Constant | undefined {
  const { op } = builder.node(id);
  return op.kind === 'const' ? op.tensor : undefined;
}

function widerShape(builder: GraphBuilder, a: NodeId, b: NodeId): Shape {
  const [x, y] = [builder.node(a).shape, builder.node(b).shape];
  return x.length >= y.length ? x : y;
}

function applyClear(builder: GraphBuilder, op: TensorOp, args: readonly NodeId[]): NodeId {
  const constants = args.map((arg) => constantAt(builder, arg));
  return constants.every((c) => c !== undefined)
    ? builder.constant(applyOp(op, constants, EXACT_RING))
    : builder.apply(op, args);
}
