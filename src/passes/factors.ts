import { type Arrivals, isUploadFactor } from '../ir/arrival.ts';
import type { GraphBuilder, Node, NodeId } from '../ir/graph.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { kraftLevel } from './product.ts';

/**
 * A factor of a flat product, so many times. Each of its axes has a label: those below the product's
 * rank are the product's axes, the others are summed over.
 */
export interface Factor {
  readonly node: NodeId;
  readonly labels: readonly number[];
  readonly count: number;
}

/** Whether a product may dissolve into one that uses it: it sums over no axis of its own. */
export function dissolves(node: Node): boolean {
  const { op } = node;
  if (node.secrecy !== 'cipher') return false;
  if (op.kind === 'pow') return true;
  return op.kind === 'mul' && [...op.lhs, ...op.rhs].every((label) => label < op.rank);
}

/** A product's operands, with the labels that they have in the product around it. */
export function operandsOf({ op, args }: Node, product: Factor): readonly Factor[] {
  if (op.kind === 'pow') {
    const count = product.count * op.exponent;
    return [{ node: args[0] as NodeId, labels: product.labels, count }];
  }
  if (op.kind !== 'mul') return [];
  return [op.lhs, op.rhs].map((labels, side) => ({
    node: args[side] as NodeId,
    // Only the outermost product sums, and its own labels need no renaming.
    labels: labels.map((label) => product.labels[label] ?? label),
    count: product.count,
  }));
}

/** Equal factors as one. */
export function mergeFactors(factors: readonly Factor[]): readonly Factor[] {
  const merged = new Map<string, Factor>();
  for (const factor of factors) {
    const key = `${factor.node}:${factor.labels.join()}`;
    merged.set(key, { ...factor, count: (merged.get(key)?.count ?? 0) + factor.count });
  }
  return [...merged.values()];
}

/** When the product of some factors can be had. */
export function productLevel(arrivals: Arrivals, factors: readonly Factor[]): number {
  return kraftLevel(factors.map(({ node, count }) => ({ level: arrivals.of(node).level, count })));
}

/** The factors, their constants multiplied into one that the client uploads anyway. */
export function placeConstants(
  builder: GraphBuilder,
  arrivals: Arrivals,
  factors: readonly Factor[],
): readonly Factor[] {
  const rest = factors.filter(({ node }) => !constantOf(builder, node));
  for (const constant of multiplyConstants(builder, factors)) {
    const host = rest.find((factor) => canScale(builder, arrivals, constant, factor));
    if (!host) {
      rest.push(constant);
      continue;
    }
    const others = host.count > 1 ? [{ ...host, count: host.count - 1 }] : [];
    rest.splice(rest.indexOf(host), 1, ...others);
    rest.push({ node: scale(builder, constant, host), labels: host.labels, count: 1 });
  }
  return rest;
}

function constantOf(builder: GraphBuilder, id: NodeId): Constant | undefined {
  const { op } = builder.node(id);
  return op.kind === 'const' ? op.tensor : undefined;
}

function canScale(
  builder: GraphBuilder,
  arrivals: Arrivals,
  constant: Factor,
  host: Factor,
): boolean {
  return (
    arrivals.isUpload(host.node) &&
    isUploadFactor(constantOf(builder, constant.node) as Constant) &&
    constant.labels.every((label) => host.labels.includes(label))
  );
}

function scale(builder: GraphBuilder, constant: Factor, host: Factor): NodeId {
  const lhs = constant.labels.map((label) => host.labels.indexOf(label));
  const rhs = [...host.labels.keys()];
  return builder.apply({ kind: 'mul', lhs, rhs, rank: rhs.length }, [constant.node, host.node]);
}

/** One constant for each set of axes. */
function multiplyConstants(builder: GraphBuilder, factors: readonly Factor[]): readonly Factor[] {
  const products = new Map<string, { tensor: Constant; labels: readonly number[] }>();
  for (const { node, labels, count } of factors) {
    const factor = constantOf(builder, node);
    if (!factor) continue;
    const power = { ...factor, data: factor.data.map((x) => exact.power(x, count)) };
    const soFar = products.get(labels.join())?.tensor;
    const data = soFar?.data.map((x, i) => exact.multiply(x, power.data[i] as exact.Exact));
    products.set(labels.join(), { tensor: { ...power, data: data ?? power.data }, labels });
  }
  return [...products.values()].map(({ tensor, labels }) => ({
    node: builder.constant(tensor),
    labels,
    count: 1,
  }));
}
