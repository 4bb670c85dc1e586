import { type Arrival, type Arrivals, compareArrivals, isFreeFactor } from '../ir/arrival.ts';
import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { Heap } from '../ir/heap.ts';
import { defined } from '../lookup.ts';
import { Contraction } from './contraction.ts';
import type { Factor } from './factors.ts';
import { kraftLevel } from './kraft.ts';
import { inOrder, type LabeledTensor, multiplyLabeled } from './labeled-tensors.ts';

interface Item extends LabeledTensor {
  readonly arrival: Arrival;
  /** The order of creation, which breaks ties so that results are deterministic. */
  readonly order: number;
}

function compareItems(a: Item, b: Item): number {
  return compareArrivals(a.arrival, b.arrival) || a.order - b.order;
}

/**
 * Multiplies factors so that the product is available as early as possible, at Kraft's bound ⌈log2
 * Σ 2^dᵢ⌉. Repeated factors are raised by squaring. Products that sum over axes are built by
 * contraction.ts.
 *
 * @param rank labels below it are the product's axes, the others are summed over
 * @returns undefined if an intermediate value would be too large, which happens only with sums over
 *   axes
 */
export function buildProduct(
  builder: GraphBuilder,
  arrivals: Arrivals,
  factors: readonly Factor[],
  rank: number,
): NodeId | undefined {
  if (!sumsOver(factors, rank)) return buildElementwise(builder, arrivals, factors);
  const parts = withClearProduct(builder, partsOf(builder, factors));
  const goal = kraftLevel(parts.map(({ node }) => ({ level: arrivals.of(node).level, count: 1 })));
  return new Contraction(builder, arrivals, parts, rank).build(goal);
}

/** Whether a product of some factors sums over an axis. */
export function sumsOver(factors: readonly Factor[], rank: number): boolean {
  return factors.some(({ labels }) => labels.some((label) => label >= rank));
}

/**
 * Multiplies factors whose axes all belong to the product: always the two shallowest first (D. A.
 * Huffman's construction with the maximum instead of the sum; M. C. Golumbic, "Combinatorial
 * merging", 1976). A number that takes no level comes last: sums of such products are scaled once.
 */
export function buildElementwise(
  builder: GraphBuilder,
  arrivals: Arrivals,
  factors: readonly Factor[],
): NodeId {
  const queue = new Heap<Item>(compareItems);
  let order = 0;
  const push = (part: LabeledTensor) =>
    queue.push({ ...part, arrival: arrivals.of(part.node), order: order++ });
  const parts = withClearProduct(builder, partsOf(builder, factors));
  const number =
    parts.length > 2 ? parts.find(({ node }) => isFreeNumber(builder, node)) : undefined;
  for (const part of parts) if (part !== number) push(part);
  for (;;) {
    const [a, b] = [defined(queue.pop()), queue.pop()];
    if (!b) return inOrder(builder, number ? multiplyLabeled(builder, number, a, a.labels) : a);
    const labels = [...new Set([...a.labels, ...b.labels])].sort((x, y) => x - y);
    push(multiplyLabeled(builder, a, b, labels));
  }
}

/** Whether a value is a single number that multiplies without a rescaling. */
function isFreeNumber(builder: GraphBuilder, id: NodeId): boolean {
  const { op } = builder.node(id);
  return op.kind === 'const' && op.tensor.shape.length === 0 && isFreeFactor(op.tensor);
}

/**
 * Returns the factors with the clear ones multiplied in clear, which takes no level: p*(q*x) =
 * (p*q)*x. A clear factor joins one that has all of its axes, so no value grows.
 */
function withClearProduct(
  builder: GraphBuilder,
  parts: readonly LabeledTensor[],
): readonly LabeledTensor[] {
  const isClear = ({ node }: LabeledTensor) => builder.node(node).secrecy !== 'cipher';
  const merged: LabeledTensor[] = [];
  const clear = parts.filter(isClear).toSorted((a, b) => b.labels.length - a.labels.length);
  for (const part of clear) {
    const host = merged.findIndex(({ labels }) => part.labels.every((l) => labels.includes(l)));
    const whole = merged[host];
    if (whole) merged[host] = multiplyLabeled(builder, whole, part, whole.labels);
    else merged.push(part);
  }
  return [...merged, ...parts.filter((part) => !isClear(part))];
}

/**
 * Returns the factors without counts: a repeated one becomes the squares that multiply to its
 * power.
 */
function partsOf(builder: GraphBuilder, factors: readonly Factor[]): readonly LabeledTensor[] {
  const parts: LabeledTensor[] = [];
  for (const { node, labels, count } of factors) {
    const axes = [...labels.keys()];
    const squaring = { kind: 'mul', lhs: axes, rhs: axes, rank: axes.length } as const;
    let square = node;
    for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) parts.push({ node: square, labels });
      if (rest > 1) square = builder.apply(squaring, [square, square]);
    }
  }
  return parts;
}
