import type { GraphBuilder, Node, NodeId } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { type Constant, EXACT_RING } from '../tensor/constant.ts';
import type { Exact } from '../tensor/exact.ts';
import { applyOp, elementwiseProduct, type OpOf } from '../tensor/op.ts';

/** Part of a product: a value, and a label for each of its axes. */
export interface LabeledTensor {
  readonly node: NodeId;
  readonly labels: readonly number[];
}

/** Extents by label. */
export type Extents = readonly number[];

/** The extents of the labels that some parts carry. */
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

/** How many elements a value with some labels has. */
export function elementsOf(labels: Iterable<number>, extents: Extents): number {
  let size = 1;
  for (const label of new Set(labels)) size *= at(extents, label);
  return size;
}

/** The product of two parts with the labels that it keeps as its axes, in their order; summed over all others. */
export function multiplyLabeled(
  builder: GraphBuilder,
  a: LabeledTensor,
  b: LabeledTensor,
  kept: readonly number[],
): LabeledTensor {
  const all = [...kept];
  for (const label of [...a.labels, ...b.labels]) if (!all.includes(label)) all.push(label);
  const place = (label: number) => all.indexOf(label);
  const op: OpOf<'mul'> = {
    kind: 'mul',
    lhs: a.labels.map(place),
    rhs: b.labels.map(place),
    rank: kept.length,
  };
  return { node: builder.apply(op, [a.node, b.node]), labels: kept };
}

/** A part summed over some of its labels. */
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

/** The value of a part whose labels are those of a result, with its axes in ascending order of their labels. */
export function inOrder(builder: GraphBuilder, { node, labels }: LabeledTensor): NodeId {
  const order = [...labels.keys()].sort((x, y) => at(labels, x) - at(labels, y));
  if (order.every((axis, i) => axis === i)) return node;
  return builder.apply({ kind: 'permute', order }, [node]);
}

/** Whether a product scales an operand that has these labels: by a scalar, leaving its axes where they are. */
export function isScaling({ lhs, rhs, rank }: OpOf<'mul'>, labels: readonly number[]): boolean {
  const isWhole = labels.length === rank && labels.every((label, axis) => label === axis);
  return isWhole && lhs.length + rhs.length === rank;
}

/** A number times a value, computed at once where the value is a constant. */
export function scaled(builder: GraphBuilder, number: Exact, value: NodeId): NodeId {
  const { op: known, shape } = builder.node(value);
  const constant: Constant = { shape: [], data: [number] };
  const op = elementwiseProduct([], shape);
  if (known.kind === 'const')
    return builder.constant(applyOp(op, [constant, known.tensor], EXACT_RING));
  return builder.apply(op, [builder.constant(constant), value]);
}

/** Whether a result is scaled by scaling one operand. */
export function isLinearInEach({ op }: Node): boolean {
  return ['mul', 'sum', 'rotate', 'permute', 'broadcast'].includes(op.kind);
}
