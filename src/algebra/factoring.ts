import type { ArrivalRules } from '../ir/arrival.ts';
import { Arrivals } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  nodeAt,
  useCounts,
} from '../ir/graph.ts';
import { copyNode, type Moved, rewrite } from '../ir/rewrite.ts';
import { at, defined, lookUp } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { type Factor, mergeFactors, openFactor, placeConstants } from './factors.ts';
import { buildProduct } from './product.ts';
import { isSum, type Term as Part, summands } from './terms.ts';

/** Limit on the terms that one sum is expanded into. */
const MAX_TERMS = 512;
/**
 * Limits on the factors that are looked at: for one sum and, for each node, in the whole circuit.
 */
const MAX_WORK = 20_000;
const WORK_PER_NODE = 30;
/** A factor is frequent if it is in at least three terms and in a quarter of all. */
const LEAST_FREQUENT = 3;
const FREQUENT_SHARE = 4;

interface Term {
  readonly negative: boolean;
  readonly factors: readonly Factor[];
}

/** How sums are expanded. */
export interface FactoringOptions {
  /** Whether products that other values use too are opened. */
  readonly opensShared: boolean;
  /** Whether an earlier sum may take more multiplications. */
  readonly collects: boolean;
}

/**
 * Rewrites the sums of a circuit: each is expanded into terms, and terms that share factors become
 * one product with these.
 */
export class Factoring {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #uses: readonly number[];
  readonly #replaced: NodeId[] = [];
  readonly #options: FactoringOptions;
  #budget: number;

  constructor(circuit: Circuit, context: ArrivalRules, options: FactoringOptions) {
    this.#options = options;
    this.#budget = WORK_PER_NODE * circuit.nodes.length + MAX_WORK;
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#uses = useCounts(circuit);
  }

  get exhausted(): boolean {
    return this.#budget < 0;
  }

  run(): Circuit {
    const inner = this.#innerSums();
    const make = (node: Node, moved: Moved) => {
      const copied = copyNode(node, moved, this.#builder);
      const isRoot = isSum(node) && !inner[node.id];
      const built = isRoot ? (this.#factored(node, copied) ?? copied) : copied;
      this.#replaced[node.id] = built;
      return built;
    };
    return rewrite(this.#circuit, liveNodes(this.#circuit), make, this.#builder);
  }

  /** Returns, for each node, whether it is a sum that is only a term of another sum. */
  #innerSums(): readonly boolean[] {
    const inner = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const node of this.#circuit.nodes) {
      if (!isSum(node)) continue;
      for (const arg of node.args) if (this.#uses[arg] === 1) inner[arg] = isSum(this.#old(arg));
    }
    return inner;
  }

  #old(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  /** Returns the sum with shared factors; undefined if that gains nothing. */
  #factored(root: Node, copied: NodeId): NodeId | undefined {
    const rank = root.shape.length;
    const terms = this.#termsOf(root);
    if (!terms || terms.length < 2) return undefined;
    const { common, rest } = takeCommon(terms, (id) => this.#builder.node(id).secrecy === 'cipher');
    const groups = this.#group(rest);
    const before = terms.reduce((sum, { factors }) => sum + this.#cost(factors), 0);
    const after = this.#costOf(common, groups);
    // A single product is a gain in itself: it can be multiplied on in any order.
    const isProduct = common.length > 0 || groups.length === 1;
    const isCheap = after < before || (after === before && isProduct);
    if (!isCheap && !this.#options.collects) return undefined;
    const level = this.#arrivals.of(copied).level;
    const built = this.#build(common, groups, root);
    if (rank !== this.#builder.node(built).shape.length) return undefined;
    const gain = level - this.#arrivals.of(built).level;
    return gain > 0 || (isCheap && gain === 0) ? built : undefined;
  }

  #costOf(common: readonly Factor[], groups: readonly (readonly Split[])[]): number {
    const inner = groups.reduce((sum, group) => sum + this.#groupCost(group), 0);
    const outer = this.#weight(common);
    if (outer === 0) return inner;
    const joins = groups.some((group) =>
      group.some(({ own, shared }) => this.#weight([...own, ...shared]) > 0),
    );
    return inner + outer - 1 + Number(joins);
  }

  /** Builds the product of the common factors and the sum of all groups. */
  #build(
    common: readonly Factor[],
    groups: readonly (readonly Split[])[],
    { shape }: Node,
  ): NodeId {
    const all = [...shape.keys()];
    if (common.length === 0)
      return this.#sum(
        groups.map((group) => ({ negative: false, node: this.#shared(group, all) })),
      );
    const axes = labelsOf(groups.flatMap((group) => group.flatMap(factorsOf)));
    const parts = groups.map((group) => {
      const own = labelsOf(group.flatMap(factorsOf));
      const node = this.#shared(group, own);
      return { negative: false, node: this.#spread(node, own, axes, shape) };
    });
    const sum = { node: this.#sum(parts), labels: axes, count: 1 };
    return this.#product([sum, ...common], all);
  }

  /** Repeats a value that has some of the sum's axes along the others. */
  #spread(
    node: NodeId,
    own: readonly number[],
    axes: readonly number[],
    shape: Node['shape'],
  ): NodeId {
    if (own.length === axes.length) return node;
    const op = {
      kind: 'broadcast',
      shape: axes.map((axis) => at(shape, axis)),
      axes: own.map((axis) => axes.indexOf(axis)),
    } as const;
    return this.#builder.apply(op, [node]);
  }

  /** Returns the terms of a sum, expanded; undefined if there are too many. */
  #termsOf(root: Node): readonly Term[] | undefined {
    const labels = [...root.shape.keys()];
    const terms: Term[] = [];
    let work = 0;
    const stack: { negative: boolean; open: readonly Factor[]; done: readonly Factor[] }[] = [
      { negative: false, open: [{ node: root.id, labels, count: 1 }], done: [] },
    ];
    for (let item = stack.pop(); item; item = stack.pop()) {
      const { negative, open, done } = item;
      work += open.length + done.length;
      this.#budget -= open.length + done.length;
      if (stack.length + terms.length > MAX_TERMS || work > MAX_WORK || this.#budget < 0)
        return undefined;
      const [factor, ...others] = open;
      if (!factor) {
        terms.push({ negative, factors: mergeFactors(done) });
        continue;
      }
      const node = this.#old(factor.node);
      const own = factor.node === root.id || this.#uses[factor.node] === 1;
      if (own && factor.count === 1 && isSum(node)) {
        for (const summand of summands(node))
          stack.push({
            negative: negative !== summand.negative,
            open: [{ ...factor, node: summand.node }, ...others],
            done,
          });
      } else if ((own || this.#options.opensShared) && isElementwise(node)) {
        const opened = defined(openFactor(node, factor, [], labels.length));
        stack.push({ negative, open: mergeFactors([...opened, ...others]), done });
      } else {
        const replaced = at(this.#replaced, factor.node);
        stack.push({ negative, open: others, done: [...done, { ...factor, node: replaced }] });
      }
    }
    return terms.reverse();
  }

  /**
   * Groups terms by the factors that they may share. Each term is split into those and its own
   * factors.
   */
  #group(terms: readonly Term[]): readonly (readonly Split[])[] {
    const frequency = new Map<string, number>();
    for (const { factors } of terms) {
      for (const factor of factors)
        frequency.set(keyOf(factor), (frequency.get(keyOf(factor)) ?? 0) + 1);
    }
    const often = Math.max(LEAST_FREQUENT, terms.length / FREQUENT_SHARE);
    const groups = new Map<string, Split[]>();
    for (const term of terms) {
      const latest = term.factors.reduce(
        (most, { node }) => Math.max(most, this.#arrivals.of(node).level),
        0,
      );
      const isShared = (factor: Factor) => {
        const { secrecy } = this.#builder.node(factor.node);
        if (secrecy !== 'cipher') return false;
        const { level } = this.#arrivals.of(factor.node);
        return (level > 0 && level === latest) || lookUp(frequency, keyOf(factor)) >= often;
      };
      const shared = term.factors.filter(isShared);
      const own = term.factors.filter((factor) => !isShared(factor));
      // Own factors that are added up have the same axes.
      const axes = labelsOf(own);
      const key = `${shared
        .map((f) => `${keyOf(f)}^${f.count}`)
        .sort()
        .join('*')};${axes.join()}`;
      const group = groups.get(key) ?? [];
      group.push({ negative: term.negative, own, shared });
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  /** Builds a group, a value with these axes: the sum of its own parts times the shared factors. */
  #shared(group: readonly Split[], axes: readonly number[]): NodeId {
    const first = at(group, 0);
    const labels = first.shared.length === 0 ? axes : labelsOf(first.own);
    const parts = group.map(({ negative, own }) => ({
      negative,
      node: this.#product(own, labels),
    }));
    const sum = this.#sum(parts);
    if (first.shared.length === 0) return sum;
    return this.#product([{ node: sum, labels, count: 1 }, ...first.shared], axes);
  }

  /**
   * Returns the ciphertext multiplications of a product by the binary method, with nothing shared.
   */
  #cost(factors: readonly Factor[]): number {
    return Math.max(0, this.#weight(factors) - 1);
  }

  #weight(factors: readonly Factor[]): number {
    return factors
      .filter(({ node }) => this.#builder.node(node).secrecy === 'cipher')
      .reduce((sum, { count }) => sum + Math.floor(Math.log2(count)) + popcount(count), 0);
  }

  #groupCost(group: readonly Split[]): number {
    const own = group.reduce((sum, split) => sum + this.#cost(split.own), 0);
    const joins = group.some((split) => this.#weight(split.own) > 0) ? 1 : 0;
    const shared = this.#weight(at(group, 0).shared);
    return own + (shared === 0 ? 0 : shared - 1 + joins);
  }

  /** Builds a product with these axes, each of which some factor has. */
  #product(factors: readonly Factor[], axes: readonly number[]): NodeId {
    if (factors.length === 0) return this.#builder.constant(scalar(exact.ONE));
    const local = factors.map((factor) => ({
      ...factor,
      labels: factor.labels.map((label) => axes.indexOf(label)),
    }));
    const placed = placeConstants(this.#builder, this.#arrivals, mergeFactors(local));
    return defined(buildProduct(this.#builder, this.#arrivals, placed, axes.length));
  }

  #sum(parts: readonly Part[]): NodeId {
    const ordered = [...parts].sort((a, b) => Number(a.negative) - Number(b.negative));
    const first = at(ordered, 0);
    let sum = first.negative ? this.#builder.apply({ kind: 'neg' }, [first.node]) : first.node;
    for (const { negative, node } of ordered.slice(1))
      sum = this.#builder.apply({ kind: negative ? 'sub' : 'add' }, [sum, node]);
    return sum;
  }
}

/** A term as its own factors times the factors that its group shares. */
interface Split {
  readonly negative: boolean;
  readonly own: readonly Factor[];
  readonly shared: readonly Factor[];
}

function factorsOf({ own, shared }: Split): readonly Factor[] {
  return [...own, ...shared];
}

/** Returns the axes that at least one of some factors has, ascending. */
function labelsOf(factors: readonly Factor[]): readonly number[] {
  return [...new Set(factors.flatMap(({ labels }) => labels))].sort((a, b) => a - b);
}

/** Returns the encrypted factors that all terms have, and the terms without them. */
function takeCommon(
  terms: readonly Term[],
  isCipher: (id: NodeId) => boolean,
): { readonly common: readonly Factor[]; readonly rest: readonly Term[] } {
  const first = at(terms, 0);
  const counts = terms
    .slice(1)
    .map(({ factors }) => new Map(factors.map((factor) => [keyOf(factor), factor.count])));
  const common = first.factors.flatMap((factor) => {
    const count = counts.reduce(
      (least, by) => Math.min(least, by.get(keyOf(factor)) ?? 0),
      factor.count,
    );
    return count > 0 && isCipher(factor.node) ? [{ ...factor, count }] : [];
  });
  const taken = new Map(common.map((factor) => [keyOf(factor), factor.count]));
  const rest = terms.map(({ negative, factors }) => ({
    negative,
    factors: factors.flatMap((factor) => {
      const count = factor.count - (taken.get(keyOf(factor)) ?? 0);
      return count > 0 ? [{ ...factor, count }] : [];
    }),
  }));
  return { common, rest };
}

function keyOf({ node, labels }: Factor): string {
  return `${node}:${labels.join()}`;
}

function popcount(n: number): number {
  return n.toString(2).replaceAll('0', '').length;
}

function isElementwise({ op, secrecy }: Node): boolean {
  if (secrecy !== 'cipher') return false;
  if (op.kind === 'pow') return true;
  return op.kind === 'mul' && [...op.lhs, ...op.rhs].every((label) => label < op.rank);
}
