import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { type Constant, EXACT_RING } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { applyOp, elementwiseProduct, type TensorOp } from '../tensor/op.ts';
import { type Shape, sameShape, scalar } from '../tensor/tensor.ts';

/**
 * A clear value, which is not encrypted: a constant or a node of a graph. Operations on constants
 * are computed at once; a constant becomes a node only when it is used. Clear values are scalars or
 * have one common shape.
 */
export type Clear = Constant | NodeId;

/** Returns a + b. */
export function addClear(builder: GraphBuilder, a: Clear, b: Clear): Clear {
  const both = scalarsOf(a, b);
  if (both) return scalar(exact.add(...both));
  const [x, y] = [shapeOf(builder, a), shapeOf(builder, b)];
  const wider = x.length >= y.length ? x : y;
  return applyClear(builder, { kind: 'add' }, [
    spreadClear(builder, a, wider),
    spreadClear(builder, b, wider),
  ]);
}

/** Returns a · b, elementwise. */
export function mulClear(builder: GraphBuilder, a: Clear, b: Clear): Clear {
  const both = scalarsOf(a, b);
  if (both) return scalar(exact.multiply(...both));
  return applyClear(builder, elementwiseProduct(shapeOf(builder, a), shapeOf(builder, b)), [a, b]);
}

/**
 * Returns two values as numbers if both are constant scalars, as nearly all coefficients are: a
 * fast path.
 */
function scalarsOf(a: Clear, b: Clear): readonly [exact.Exact, exact.Exact] | undefined {
  if (typeof a === 'number' || typeof b === 'number') return undefined;
  if (a.shape.length > 0 || b.shape.length > 0) return undefined;
  return [at(a.data, 0), at(b.data, 0)];
}

/** Returns -a. */
export function negateClear(builder: GraphBuilder, a: Clear): Clear {
  return applyClear(builder, { kind: 'neg' }, [a]);
}

/** Returns the node of a clear value, which is added if the value is a constant. */
export function nodeOf(builder: GraphBuilder, value: Clear): NodeId {
  return typeof value === 'number' ? value : builder.constant(value);
}

/** Returns a node as a clear value: its tensor if it is a constant, else its id. */
export function clearOf(builder: GraphBuilder, id: NodeId): Clear {
  const { op } = builder.node(id);
  return op.kind === 'const' ? op.tensor : id;
}

/** Returns a clear value as a number; undefined if it is no constant, or a tensor. */
export function numberOf(value: Clear | undefined): exact.Exact | undefined {
  const isNumber = typeof value === 'object' && value.shape.length === 0;
  return isNumber ? at(value.data, 0) : undefined;
}

/** Returns a · b, elementwise, with NumPy's broadcasting. */
export function multiplyNodes(builder: GraphBuilder, a: NodeId, b: NodeId): NodeId {
  const op = elementwiseProduct(builder.node(a).shape, builder.node(b).shape);
  return builder.apply(op, [a, b]);
}

/** Returns a node times a number. */
export function timesNumber(builder: GraphBuilder, factor: exact.Exact, value: NodeId): NodeId {
  if (exact.isOne(factor)) return value;
  return multiplyNodes(builder, builder.constant(scalar(factor)), value);
}

/** Returns a node repeated to a shape, or the node itself if it has that shape. */
export function spread(builder: GraphBuilder, id: NodeId, shape: Shape): NodeId {
  if (sameShape(builder.node(id).shape, shape)) return id;
  return builder.apply({ kind: 'broadcast', shape, axes: [] }, [id]);
}

function spreadClear(builder: GraphBuilder, value: Clear, shape: Shape): Clear {
  if (sameShape(shapeOf(builder, value), shape)) return value;
  return applyClear(builder, { kind: 'broadcast', shape, axes: [] }, [value]);
}

function shapeOf(builder: GraphBuilder, value: Clear): Shape {
  return typeof value === 'number' ? builder.node(value).shape : value.shape;
}

function applyClear(builder: GraphBuilder, op: TensorOp, args: readonly Clear[]): Clear {
  const constants = args.filter((arg) => typeof arg !== 'number');
  return constants.length === args.length
    ? applyOp(op, constants, EXACT_RING)
    : builder.apply(
        op,
        args.map((arg) => nodeOf(builder, arg)),
      );
}
