import { type Arrival, type Arrivals, compareArrivals } from '../ir/arrival.ts';
import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { at, largestOf, last } from '../lookup.ts';
import {
  type Extents,
  elementsOf,
  extentsOf,
  inOrder,
  type LabeledTensor,
  multiplyLabeled,
  sumLabels,
} from './labeled-tensors.ts';

/** Limit on the axes of an intermediate value. */
const MAX_RANK = 3;
/**
 * Limit on the elements of an intermediate value, unless a factor has more: eight ciphertexts of
 * 2^13 slots.
 */
const MOST_ELEMENTS = 2 ** 16;
/** The number of factors, the earliest ones, that are candidates for the next multiplication. */
const WINDOW = 24;
/**
 * Factors that arrive more levels than this before the goal count as equally early, which is on the
 * safe side.
 */
const MOST_LEVELS = 40;

interface Item extends LabeledTensor {
  readonly arrival: Arrival;
}

/** Two factors that may be multiplied next, the earlier one first. */
interface Pair {
  readonly a: Item;
  readonly b: Item;
  /** The labels that their product keeps. */
  readonly kept: readonly number[];
  /** The number of scalar products for the server. */
  readonly cost: number;
  /** Whether one of the two is a clear value. */
  readonly isClear: boolean;
}

/**
 * Compares two pairs for sorting, cheaper ones first. Pairs with clear factors come last: products
 * of ciphertexts can be shared with other products.
 */
function comparePairs(a: Pair, b: Pair): number {
  return Number(a.isClear) - Number(b.isClear) || a.cost - b.cost;
}

/**
 * Whether some factors fall into groups that share no axis, while their product keeps an axis that
 * is summed over later. Such a product would be large, and each group can be summed first.
 *
 * @param kept the labels of their product; those below `rank` are never summed over
 */
export function isOuter(
  parts: readonly LabeledTensor[],
  kept: readonly number[],
  rank: number,
): boolean {
  if (kept.every((label) => label < rank)) return false;
  const groups: Set<number>[] = [];
  for (const { labels } of parts) {
    const meeting = groups.filter((group) => labels.some((label) => group.has(label)));
    const joined = new Set([...labels, ...meeting.flatMap((group) => [...group])]);
    for (const group of meeting) groups.splice(groups.indexOf(group), 1);
    if (joined.size > 0) groups.push(joined);
  }
  return groups.length > 1;
}

/**
 * Whether a value with some labels is small enough for an intermediate value of a product.
 * `largest` is the size of the product's largest factor, in elements.
 */
export function isModest(labels: readonly number[], extents: Extents, largest: number): boolean {
  const most = Math.max(MOST_ELEMENTS, largest);
  return labels.length <= MAX_RANK && elementsOf(labels, extents) <= most;
}

/**
 * Multiplies factors whose axes have labels, and sums over the labels that the result lacks. It
 * meets Kraft's bound on the arrival level (see product.ts) if it can. Of the pairs that may be
 * multiplied next without missing the bound, it takes the one with the fewest scalar products. So a
 * chain of matrices and a vector is multiplied from the vector on if the vector is early; if it is
 * late, the matrices are multiplied first. An axis is summed over as soon as no other factor has
 * it. Factors that share no axis are multiplied last, because their product is large.
 */
export class Contraction {
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  readonly #rank: number;
  readonly #extents: Extents;
  readonly #largest: number;
  /** In ascending order of arrival. */
  readonly #items: Item[] = [];
  /** The number of items that have a label, by label. */
  readonly #holders: number[] = [];

  constructor(
    builder: GraphBuilder,
    arrivals: Arrivals,
    parts: readonly LabeledTensor[],
    rank: number,
  ) {
    this.#builder = builder;
    this.#arrivals = arrivals;
    this.#rank = rank;
    this.#extents = extentsOf(builder, parts);
    this.#largest = largestOf(parts.map(({ labels }) => elementsOf(labels, this.#extents)));
    for (const part of parts) this.#count(part, 1);
    for (const part of parts)
      this.#insert(sumLabels(builder, part, (label) => this.#isAlone(label)));
  }

  /**
   * Returns the product; undefined if every order that was found has an intermediate value that is
   * too large.
   *
   * @param goal the arrival level to meet; missed only to avoid large intermediate values
   */
  build(goal: number): NodeId | undefined {
    let level = goal;
    while (this.#items.length > 1) {
      const pair = this.#cheapest(level);
      if (pair) this.#multiply(pair);
      else if (level++ > last(this.#items).arrival.level + this.#items.length) return undefined;
    }
    return inOrder(this.#builder, at(this.#items, 0));
  }

  #isAlone(label: number): boolean {
    return label >= this.#rank && this.#holders[label] === 1;
  }

  #count({ labels }: LabeledTensor, by: number): void {
    for (const label of labels) this.#holders[label] = (this.#holders[label] ?? 0) + by;
  }

  #insert(part: LabeledTensor): void {
    const item = { ...part, arrival: this.#arrivals.of(part.node) };
    const at = this.#items.findIndex((other) => compareArrivals(item.arrival, other.arrival) < 0);
    this.#items.splice(at < 0 ? this.#items.length : at, 0, item);
  }

  #cheapest(goal: number): Pair | undefined {
    const weight = (level: number) => 2 ** Math.max(level - goal, -MOST_LEVELS);
    const slack = this.#items.reduce((left, { arrival }) => left - weight(arrival.level), 1);
    const candidates = this.#items.slice(0, WINDOW);
    let best: Pair | undefined;
    for (const [i, a] of candidates.entries()) {
      for (const b of candidates.slice(i + 1)) {
        const [x, y] = [a.arrival.level, b.arrival.level];
        // The two earliest may always be multiplied: that keeps Kraft's bound.
        const isFirst = a === candidates[0] && b === candidates[1];
        const isOnTime = weight(Math.max(x, y) + 1) - weight(x) - weight(y) <= slack;
        if (!isFirst && !isOnTime) continue;
        const pair = this.#pair(a, b);
        if (pair && (!best || comparePairs(pair, best) < 0)) best = pair;
      }
    }
    return best;
  }

  /** Returns two factors as a pair; undefined if their product must not be computed. */
  #pair(a: Item, b: Item): Pair | undefined {
    const all = [...new Set([...a.labels, ...b.labels])];
    const inBoth = (label: number) => a.labels.includes(label) && b.labels.includes(label);
    const isKept = (label: number) =>
      label < this.#rank || at(this.#holders, label) > (inBoth(label) ? 2 : 1);
    const kept = this.#oriented(a, b, all.filter(isKept));
    if (isOuter([a, b], kept, this.#rank)) return undefined;
    if (!isModest(kept, this.#extents, this.#largest)) return undefined;
    const isClear = [a, b].some(({ node }) => this.#builder.node(node).secrecy !== 'cipher');
    const isClients = [a, b].every(({ node }) => this.#arrivals.isClientFactor(node));
    const cost = isClients ? 0 : elementsOf(all, this.#extents);
    return { a, b, kept, cost, isClear };
  }

  /**
   * Returns the axes of a product in order: that of the operand that has them all, else that of the
   * older operand first. The order does not depend on the numbers of labels, so equal products
   * become one node.
   */
  #oriented(a: Item, b: Item, kept: readonly number[]): readonly number[] {
    if (this.#items.length === 2) return [...kept].sort((x, y) => x - y);
    const [x, y] = a.node <= b.node ? [a, b] : [b, a];
    const whole = [x, y].find(({ labels }) => kept.every((label) => labels.includes(label)));
    const order = [...new Set([...(whole ?? x).labels, ...y.labels])];
    return order.filter((label) => kept.includes(label));
  }

  #multiply({ a, b, kept }: Pair): void {
    for (const item of [a, b]) {
      this.#items.splice(this.#items.indexOf(item), 1);
      this.#count(item, -1);
    }
    const [x, y] = a.node <= b.node ? [a, b] : [b, a];
    const part = multiplyLabeled(this.#builder, x, y, kept);
    this.#count(part, 1);
    this.#insert(part);
  }
}
