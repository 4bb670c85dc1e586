import { type Arrivals, isUploadFactor } from '../ir/arrival.ts';
import type { GraphBuilder, Node, NodeId } from '../ir/graph.ts';
import { at, defined, largestOf } from '../lookup.ts';
import { type Constant, EXACT_RING } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { applyOp } from '../tensor/op.ts';
import { scalar } from '../tensor/tensor.ts';
import { kraftLevel } from './kraft.ts';
import { elementsOf, extentsOf, type LabeledTensor, multiplyLabeled } from './labeled-tensors.ts';

/**
 * A factor of a flat product, repeated `count` times. Each of its axes has a label: labels below
 * the product's rank are the product's axes, the others are summed over.
 */
export interface Factor {
  readonly node: NodeId;
  readonly labels: readonly number[];
  readonly count: number;
}

/**
 * A product as a list of factors, with the number of its axes. To *open* a factor is to replace it
 * by the factors that it is computed from.
 */
export interface FlatProduct {
  readonly factors: readonly Factor[];
  readonly rank: number;
}

/**
 * Whether a value is its operand with its axes reordered or repeated along others, which is no
 * arithmetic.
 */
export function isRelabelled({ op, secrecy }: Node): boolean {
  return secrecy === 'cipher' && (op.kind === 'permute' || op.kind === 'broadcast');
}

/**
 * Returns the factors that a factor of a product is computed from; undefined if it cannot be
 * opened. Axes that the factor sums over itself get labels from `fresh` on:
 *
 *     Σₛ A[i,s]·(Σₜ B[s,t]·c[t]) = Σₛₜ A[i,s]·B[s,t]·c[t]
 *
 * The factors of a power would share such a label, so a sum is opened only if its count is 1. A
 * value that is repeated along an axis is opened only if another factor has that axis.
 *
 * @param others the product's other factors
 * @param fresh a label above all labels of the product, and not below its rank
 */
export function openFactor(
  { kind, op, args, secrecy }: Node,
  factor: Factor,
  others: Iterable<Factor>,
  fresh: number,
): readonly Factor[] | undefined {
  if (secrecy !== 'cipher') return undefined;
  const { labels, count } = factor;
  switch (kind) {
    case 'pow':
      return [{ node: args[0], labels, count: count * op.exponent }];
    case 'mul': {
      const sums = [...op.lhs, ...op.rhs].some((label) => label >= op.rank);
      if (sums && count > 1) return undefined;
      return [op.lhs, op.rhs].map((own, side) => ({
        node: at(args, side),
        labels: own.map((label) => labels[label] ?? fresh + label - op.rank),
        count,
      }));
    }
    case 'sum': {
      if (count > 1) return undefined;
      let kept = 0;
      const rank = labels.length + op.axes.length;
      const own = Array.from({ length: rank }, (_, axis) => {
        const summed = op.axes.indexOf(axis);
        return summed < 0 ? at(labels, kept++) : fresh + summed;
      });
      return [{ node: args[0], labels: own, count }];
    }
    case 'permute': {
      const own = op.order.map((_, axis) => at(labels, op.order.indexOf(axis)));
      return [{ node: args[0], labels: own, count }];
    }
    case 'broadcast': {
      const own = op.axes.map((axis) => at(labels, axis));
      const open = new Set(labels.filter((label) => !own.includes(label)));
      for (const other of others) for (const label of other.labels) open.delete(label);
      return open.size === 0 ? [{ node: args[0], labels: own, count }] : undefined;
    }
    default:
      return undefined;
  }
}

const OPENABLE: ReadonlySet<Node['kind']> = new Set(['mul', 'pow', 'sum', 'permute', 'broadcast']);

/** Whether a value can be opened in some products. For a given product `openFactor` decides. */
export function mayOpen({ op, secrecy }: Node): boolean {
  return secrecy === 'cipher' && OPENABLE.has(op.kind);
}

/** Returns the first label that no factor of a product has. */
function freshLabel({ factors, rank }: FlatProduct): number {
  let fresh = rank;
  for (const { labels } of factors) for (const label of labels) fresh = Math.max(fresh, label + 1);
  return fresh;
}

/** Returns a product with one of its factors opened; undefined if that factor cannot be opened. */
export function openIn(product: FlatProduct, factor: Factor, node: Node): FlatProduct | undefined {
  const others = product.factors.filter((other) => other !== factor);
  const opened = openFactor(node, factor, others, freshLabel(product));
  return opened && { ...product, factors: mergeFactors([...others, ...opened]) };
}

/** Returns the factors with equal ones merged. */
export function mergeFactors(factors: readonly Factor[]): readonly Factor[] {
  const merged = new Map<string, Factor>();
  for (const factor of factors) {
    const key = `${factor.node}:${factor.labels.join()}`;
    merged.set(key, { ...factor, count: (merged.get(key)?.count ?? 0) + factor.count });
  }
  return [...merged.values()];
}

/**
 * Returns a text that is equal for products that differ only in the order of their factors and in
 * the numbers of the labels that they sum over.
 */
export function keyOf({ factors, rank }: FlatProduct): string {
  const isSummed = (label: number) => label >= rank;
  if (!factors.some(({ labels }) => labels.some(isSummed)))
    return `${factors
      .map(({ node, labels, count }) => `${node}:${labels.join()}^${count}`)
      .sort()
      .join('*')};${rank}`;
  const outer = (factor: Factor) => factor.labels.map((l) => (isSummed(l) ? rank : l)).join();
  const names = new Map<number, number>();
  const name = (label: number) => {
    if (!isSummed(label)) return label;
    if (!names.has(label)) names.set(label, rank + names.size);
    return names.get(label);
  };
  const ordered = [...factors]
    .map((factor) => ({ ...factor, outer: outer(factor) }))
    .sort(
      (a, b) =>
        a.node - b.node ||
        a.count - b.count ||
        (a.outer < b.outer ? -1 : Number(a.outer > b.outer)),
    );
  const named = ordered.map(
    ({ node, labels, count }) => `${node}:${labels.map(name).join()}^${count}`,
  );
  return `${named.join('*')};${rank}`;
}

/** Returns the arrival level at which the product of some factors can be available. */
export function productLevel(arrivals: Arrivals, factors: readonly Factor[]): number {
  return kraftLevel(factors.map(({ node, count }) => ({ level: arrivals.of(node).level, count })));
}

/**
 * Returns the factors with their constants multiplied into factors that the client uploads anyway.
 */
export function placeConstants(
  builder: GraphBuilder,
  arrivals: Arrivals,
  factors: readonly Factor[],
): readonly Factor[] {
  return hostConstants(builder, arrivals, multiplyConstants(builder, factors));
}

/** Returns the factors, each constant multiplied into an upload if one can take it. */
function hostConstants(
  builder: GraphBuilder,
  arrivals: Arrivals,
  factors: readonly Factor[],
): readonly Factor[] {
  const isConstant = ({ node }: Factor) => constantOf(builder, node) !== undefined;
  const rest = factors.filter((factor) => !isConstant(factor));
  for (const constant of factors.filter(isConstant)) {
    const hosts = rest.filter((factor) => canScale(builder, arrivals, constant, factor));
    const host =
      hosts.find(({ labels }) => constant.labels.every((label) => labels.includes(label))) ??
      hosts[0];
    if (!host) {
      rest.push(constant);
      continue;
    }
    const index = rest.indexOf(host);
    if (host.count > 1) rest[index] = { ...host, count: host.count - 1 };
    else rest.splice(index, 1);
    rest.push({ ...scale(builder, constant, host), count: 1 });
  }
  return rest;
}

/**
 * Returns the same as `placeConstants`, but splits a number that is too small or too large for one
 * upload over two.
 */
export function spreadConstants(
  builder: GraphBuilder,
  arrivals: Arrivals,
  factors: readonly Factor[],
): readonly Factor[] {
  const uploads = factors.filter(({ node }) => arrivals.isUpload(node));
  const multiplied = multiplyConstants(builder, factors);
  if (uploads.length < 2) return hostConstants(builder, arrivals, multiplied);
  const split = multiplied.flatMap((factor) => {
    const constant = constantOf(builder, factor.node);
    const number = constant?.shape.length === 0 ? constant.data[0] : undefined;
    if (!number || !constant || factor.count > 1 || isUploadFactor(constant)) return [factor];
    const part = exact.fromNumber(2 ** Math.round(Math.log2(Math.abs(number.value)) / 2));
    const rest = exact.multiply(number, defined(exact.invert(part)));
    return [part, rest].map((x) => ({ ...factor, node: builder.constant(scalar(x)) }));
  });
  return hostConstants(builder, arrivals, split);
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
  const labels = [...new Set([...constant.labels, ...host.labels])];
  return (
    arrivals.takesFactor(host.node, defined(constantOf(builder, constant.node))) &&
    (labels.length === host.labels.length ||
      (labels.length <= MAX_RANK &&
        elementsOf(labels, extentsOf(builder, [constant, host])) <= MOST_REPEATED))
  );
}

/**
 * Limit on the elements of an upload that the client repeats, so that a constant can scale its
 * elements: the slots of the smallest ring that has a level.
 */
export const MOST_REPEATED = 2 ** 12;
/** Limit on the axes of such an upload. */
const MAX_RANK = 3;

function scale(builder: GraphBuilder, constant: Factor, host: Factor): LabeledTensor {
  const isOnlyOwn = (label: number) => !host.labels.includes(label);
  return multiplyLabeled(builder, constant, host, [
    ...constant.labels.filter(isOnlyOwn),
    ...host.labels,
  ]);
}

/**
 * Returns the factors with clear ones multiplied that share an axis of no other factor: A@(B@x) =
 * (A@B)@x. Constants are multiplied now, plain values in clear. The limits keep the product about
 * as small as its operands are.
 *
 * @param rank labels below it are the product's axes
 */
export function contractClear(
  builder: GraphBuilder,
  factors: readonly Factor[],
  rank: number,
): readonly Factor[] {
  const isClear = ({ node, count }: Factor) =>
    count === 1 && builder.node(node).secrecy !== 'cipher';
  for (const [i, a] of factors.entries()) {
    if (!isClear(a)) continue;
    for (const b of factors.slice(i + 1)) {
      if (!isClear(b)) continue;
      const others = factors.filter((factor) => factor !== a && factor !== b);
      const isKept = (label: number) =>
        label < rank || others.some(({ labels }) => labels.includes(label));
      const all = [...new Set([...a.labels, ...b.labels])];
      const kept = all.filter(isKept);
      const extents = extentsOf(builder, [a, b]);
      const isShared = all.some(
        (label) => a.labels.includes(label) && b.labels.includes(label) && !isKept(label),
      );
      const most = largestOf([
        MOST_REPEATED,
        ...[a, b].map(({ labels }) => elementsOf(labels, extents)),
      ]);
      const isSmall =
        kept.length <= MAX_RANK &&
        elementsOf(kept, extents) <= most &&
        elementsOf(all, extents) <= MOST_CLEAR_PRODUCTS;
      if (!isShared || !isSmall) continue;
      const { node } = multiplyLabeled(builder, a, b, kept);
      const product = { node: computed(builder, node), labels: kept, count: 1 };
      return contractClear(builder, [...others, product], rank);
    }
  }
  return factors;
}

/** Limit on the scalar products of two clear values that are multiplied at once. */
const MOST_CLEAR_PRODUCTS = 2 ** 20;

/** Returns a product of two constants as a constant, any other product as it is. */
function computed(builder: GraphBuilder, product: NodeId): NodeId {
  const { kind, op, args } = builder.node(product);
  if (kind !== 'mul') throw new Error(`node ${product} is no product`);
  const operands = args.map((arg) => constantOf(builder, arg));
  if (!operands.every((operand) => operand !== undefined)) return product;
  return builder.constant(applyOp(op, operands, EXACT_RING));
}

/** Returns the factors with their constants multiplied into one for each set of axes. */
export function multiplyConstants(
  builder: GraphBuilder,
  factors: readonly Factor[],
): readonly Factor[] {
  const others: Factor[] = [];
  const products = new Map<string, { tensor: Constant; labels: readonly number[] }>();
  for (const factor of factors) {
    const { node, labels, count } = factor;
    const constant = constantOf(builder, node);
    if (!constant) {
      others.push(factor);
      continue;
    }
    const power = { ...constant, data: constant.data.map((x) => exact.power(x, count)) };
    const soFar = products.get(labels.join())?.tensor;
    const data = soFar?.data.map((x, i) => exact.multiply(x, at(power.data, i)));
    products.set(labels.join(), { tensor: { ...power, data: data ?? power.data }, labels });
  }
  const constants = [...products.values()].map(({ tensor, labels }) => ({
    node: builder.constant(tensor),
    labels,
    count: 1,
  }));
  return [...others, ...constants];
}
