import { type Arrival, type Arrivals, compareArrivals } from '../ir/arrival.ts';
import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { at, last } from '../lookup.ts';
import {
  type Extents,
  elementsOf,
  extentsOf,
  inOrder,
  type LabeledTensor,
  multiplyLabeled,
  sumLabels,
} from './labeled-tensors.ts';

/** Most axes of a value that is computed on the way: programs have no more. */
const MAX_RANK = 3;
/** Most elements of such a value, unless a factor has more: eight ciphertexts of 2^13 slots. */
const MOST_ELEMENTS = 2 ** 16;
/** Of a product of many factors, the earliest that are looked at for the next multiplication. */
const WINDOW = 24;
/** Levels below the goal at which all factors are taken to be equally early, to the safe side. */
const MOST_LEVELS = 40;

interface Item extends LabeledTensor {
  readonly arrival: Arrival;
}

/** Two factors to multiply next, the earlier one first. */
interface Pair {
  readonly a: Item;
  readonly b: Item;
  /** Labels that their product keeps. */
  readonly kept: readonly number[];
  /** Scalar products that it takes the evaluator. */
  readonly cost: number;
  /** Whether it multiplies by a clear value. */
  readonly isClear: boolean;
}

/** The cheaper first. Clear factors wait: what ciphertexts make may be made for other products, too. */
function comparePairs(a: Pair, b: Pair): number {
  return Number(a.isClear) - Number(b.isClear) || a.cost - b.cost;
}

/**
 * Whether some factors fall apart into parts that share no axis, one of them with an axis that is summed over later:
 * their product would be large, and the parts may as well be summed first.
 *
 * @param kept the labels that their product has, those below `rank` for good
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

/** Whether a value with some labels may be computed on the way to a product whose largest factor is so large. */
export function isModest(labels: readonly number[], extents: Extents, largest: number): boolean {
  const most = Math.max(MOST_ELEMENTS, largest);
  return labels.length <= MAX_RANK && elementsOf(labels, extents) <= most;
}

/**
 * Multiplies factors that carry named axes and sums over those that the result lacks. The level is Kraft's bound
 * (see product.ts) where that can be met; among the pairs that may be multiplied next without missing it the
 * cheapest is taken, by the number of scalar products. So a chain of matrices and a vector is multiplied from the
 * vector on where that is early, and has its matrices multiplied first where it is late. An axis is summed over as
 * soon as no other factor carries it. Factors that share no axis meet last: their product would be large.
 */
export class Contraction {
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  readonly #rank: number;
  readonly #extents: Extents;
  readonly #largest: number;
  /** Ascending by arrival. */
  readonly #items: Item[] = [];
  /** How many items carry a label. */
  readonly #carriers: number[] = [];

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
    this.#largest = Math.max(...parts.map(({ labels }) => elementsOf(labels, this.#extents)));
    for (const part of parts) this.#count(part, 1);
    for (const part of parts)
      this.#insert(sumLabels(builder, part, (label) => this.#isAlone(label)));
  }

  /**
   * The product; undefined where every order that is found has too large a value on the way.
   *
   * @param goal the level to meet; missed only for the sake of the values on the way
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
    return label >= this.#rank && this.#carriers[label] === 1;
  }

  #count({ labels }: LabeledTensor, by: number): void {
    for (const label of labels) this.#carriers[label] = (this.#carriers[label] ?? 0) + by;
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
        // The two earliest may always meet: that is how the bound is kept.
        const isFirst = a === candidates[0] && b === candidates[1];
        const isOnTime = weight(Math.max(x, y) + 1) - weight(x) - weight(y) <= slack;
        if (!isFirst && !isOnTime) continue;
        const pair = this.#pair(a, b);
        if (pair && (!best || comparePairs(pair, best) < 0)) best = pair;
      }
    }
    return best;
  }

  /** Two factors as a pair; undefined where their product is not to be computed. */
  #pair(a: Item, b: Item): Pair | undefined {
    const all = [...new Set([...a.labels, ...b.labels])];
    const inBoth = (label: number) => a.labels.includes(label) && b.labels.includes(label);
    const isKept = (label: number) =>
      label < this.#rank || at(this.#carriers, label) > (inBoth(label) ? 2 : 1);
    const kept = this.#oriented(a, b, all.filter(isKept));
    if (isOuter([a, b], kept, this.#rank)) return undefined;
    if (!isModest(kept, this.#extents, this.#largest)) return undefined;
    const isClear = [a, b].some(({ node }) => this.#builder.node(node).secrecy !== 'cipher');
    const isClients = [a, b].every(({ node }) => this.#arrivals.isClientFactor(node));
    const cost = isClients ? 0 : elementsOf(all, this.#extents);
    return { a, b, kept, cost, isClear };
  }

  /**
   * The axes of a product: those of the operand that has them all, or of the one that was there first. They do
   * not depend on the names of labels, so that equal products become one node.
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
