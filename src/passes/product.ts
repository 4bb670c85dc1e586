import { type Arrival, type Arrivals, compareArrivals } from '../ir/arrival.ts';
import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { Heap } from '../ir/heap.ts';
import type { Factor } from './factors.ts';

/** Part of a product, with the labels of its axes. */
type Part = Omit<Factor, 'count'>;

interface Item extends Part {
  readonly arrival: Arrival;
  /** Order of creation: breaks ties, so that results are deterministic. */
  readonly order: number;
}

function compareItems(a: Item, b: Item): number {
  return compareArrivals(a.arrival, b.arrival) || a.order - b.order;
}

/**
 * When a product of factors with these arrival levels and multiplicities can be had, and no earlier:
 * ⌈log2 Σ countᵢ·2^levelᵢ⌉ (Kraft's inequality). Nothing is ever summed up, so levels may be any size.
 */
export function kraftLevel(
  factors: readonly { readonly level: number; readonly count: number }[],
): number {
  let level = 0;
  let waiting = 0;
  for (const factor of [...factors].sort((a, b) => a.level - b.level)) {
    // Two things that wait at one level make one a level up; a single one waits on for free.
    for (; level < factor.level && waiting > 1; level++) waiting = Math.ceil(waiting / 2);
    level = factor.level;
    waiting += factor.count;
  }
  return level + Math.ceil(Math.log2(Math.max(1, waiting)));
}

/**
 * Multiplies factors so that the product is available as early as possible: always the two shallowest
 * first, which meets Kraft's bound ⌈log2 Σ 2^dᵢ⌉ (D. A. Huffman's construction with maximum in place of
 * sum; M. C. Golumbic, "Combinatorial merging", 1976). Repeated factors are raised by squaring. An axis
 * is summed over as soon as no other factor carries it.
 */
export function buildProduct(
  builder: GraphBuilder,
  arrivals: Arrivals,
  factors: readonly Factor[],
  rank: number,
): NodeId {
  const queue = new Heap<Item>(compareItems);
  /** How many waiting items carry a label; an axis still needed must not be summed over. */
  const carriers: number[] = [];
  let order = 0;
  const push = (factor: Part) => {
    for (const label of factor.labels) carriers[label] = (carriers[label] ?? 0) + 1;
    queue.push({ ...factor, arrival: arrivals.of(factor.node), order: order++ });
  };
  const elementwise = (labels: readonly number[]) => ({
    kind: 'mul' as const,
    lhs: [...labels.keys()],
    rhs: [...labels.keys()],
    rank: labels.length,
  });
  for (const { node, labels, count } of factors) {
    let square = node;
    for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) push({ node: square, labels });
      if (rest > 1) square = builder.apply(elementwise(labels), [square, square]);
    }
  }
  while (queue.size > 1) {
    const [a, b] = [queue.pop(), queue.pop()] as [Item, Item];
    for (const label of [...a.labels, ...b.labels]) (carriers[label] as number)--;
    push(multiply(builder, a, b, (label) => label < rank || (carriers[label] ?? 0) > 0));
  }
  const { node, labels } = queue.pop() as Item;
  const summed = [...labels.keys()].filter((axis) => (labels[axis] as number) >= rank);
  return summed.length === 0 ? node : builder.apply({ kind: 'sum', axes: summed }, [node]);
}

function multiply(builder: GraphBuilder, a: Part, b: Part, keep: (label: number) => boolean): Part {
  const all = [...new Set([...a.labels, ...b.labels])].sort((x, y) => x - y);
  const labels = all.filter(keep);
  const local = [...labels, ...all.filter((label) => !keep(label))];
  const place = (label: number) => local.indexOf(label);
  const op = {
    kind: 'mul' as const,
    lhs: a.labels.map(place),
    rhs: b.labels.map(place),
    rank: labels.length,
  };
  return { node: builder.apply(op, [a.node, b.node]), labels };
}
