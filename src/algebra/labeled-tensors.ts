import type { GraphBuilder, Node, NodeId } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { type Constant, EXACT_RING } from '../tensor/constant.ts';
import type { Exact } from '../tensor/exact.ts';
import { applyOp, elementwiseProduct, type OpOf } from '../tensor/op.ts';

/** A factor of a product: a value, and a label for each of its axes. */
export interface LabeledTensor {
  readonly node: NodeId;
  readonly labels: readonly number[];
}

/** Extents, by label. */
export type Extents = readonly number[];

/** Returns the extents of the labels of some factors. */
export function extentsOf(builder: GraphBuilder, parts: readonly LabeledTensor[]): Extents {
  const extents: number[] = [];
  for (const { node, labels } of parts) {
    const { shape } = builder.node(node);
    labels.forEach((label, axis) => {
      extents[label] = at(shape, axis);
    });
  }
  return extents;
}

/** Returns the number of elements of a value with some labels. */
export function elementsOf(labels: Iterable<number>, extents: Extents): number {
  let size = 1;
  for (const label of new Set(labels)) size *= at(extents, label);
  return size;
}

/**
 * Returns the product of two factors. Its axes are the labels `kept`, in that order; all others are
 * summed over.
 */
export function multiplyLabeled(
  builder: GraphBuilder,
  a: LabeledTensor,
  b: LabeledTensor,
  kept: readonly number[],
): LabeledTensor {
  const all = [...kept];
  for (const label of [...a.labels, ...b.labels]) if (!all.includes(label)) all.push(label);
  const indexOf = (label: number) => all.indexOf(label);
  const op: OpOf<'mul'> = {
    kind: 'mul',
    lhs: a.labels.map(indexOf),
    rhs: b.labels.map(indexOf),
    rank: kept.length,
  };
  return { node: builder.apply(op, [a.node, b.node]), labels: kept };
}

/** Returns a factor summed over some of its labels. */
export function sumLabels(
  builder: GraphBuilder,
  part: LabeledTensor,
  isSummed: (label: number) => boolean,
): LabeledTensor {
  const axes = [...part.labels.keys()].filter((axis) => isSummed(at(part.labels, axis)));
  if (axes.length === 0) return part;
  const node = builder.apply({ kind: 'sum', axes }, [part.node]);
  return { node, labels: part.labels.filter((label) => !isSummed(label)) };
}

/** Returns the value of a factor with its axes in ascending order of their labels. */
export function inOrder(builder: GraphBuilder, { node, labels }: LabeledTensor): NodeId {
  const order = [...labels.keys()].sort((x, y) => at(labels, x) - at(labels, y));
  if (order.every((axis, i) => axis === i)) return node;
  return builder.apply({ kind: 'permute', order }, [node]);
}

/**
 * Whether a product only scales the operand with these labels by a scalar and leaves its axes
 * unchanged.
 */
export function isScaling({ lhs, rhs, rank }: OpOf<'mul'>, labels: readonly number[]): boolean {
  const isWhole = labels.length === rank && labels.every((label, axis) => label === axis);
  return isWhole && lhs.length + rhs.length === rank;
}

/** Returns a number times a value, computed at once if the value is a constant. */
export function scaled(builder: GraphBuilder, number: Exact, value: NodeId): NodeId {
  const { op: known, shape } = builder.node(value);
  const constant: Constant = { shape: [], data: [number] };
  const op = elementwiseProduct([], shape);
  if (known.kind === 'const')
    return builder.constant(applyOp(op, [constant, known.tensor], EXACT_RING));
  return builder.apply(op, [builder.constant(constant), value]);
}

/** Whether scaling one operand of a node scales its result. */
export function isLinearInEach({ op }: Node): boolean {
  return ['mul', 'sum', 'rotate', 'permute', 'broadcast'].includes(op.kind);
}
