import { circuitFacts } from '../ir/analysis.ts';
import { Arrivals, outputArrival } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  useCounts,
} from '../ir/graph.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { dissolves, type Factor, mergeFactors, operandsOf, placeConstants } from './factors.ts';
import { compact, copyNode, type Pass, type PassContext, rewrite } from './pass.ts';
import { buildProduct } from './product.ts';
import { isSum } from './terms.ts';

/**
 * Factor: the reverse of duplicate, where it costs no depth. Terms of a sum that share late or frequent
 * factors share one product with them:
 *
 *     a*w + b*w + c*w^3 + d*w^3 = (a + b)*w + (c + d)*w^3
 *
 * A term that is a product with a sum inside is first taken apart, so that what its terms have in common
 * with other terms shows: x*(1 + x*w) + y*(1 + y*w) has (x² + y²)*w in it. Safe by distributivity. It fires
 * only where the sum comes no later than before and takes fewer ciphertext multiplications.
 */
export const factor: Pass = {
  name: 'factor',
  summary: 'share factors among the terms of a sum',
  run(circuit, context) {
    // With and without taking apart products that other values use too: they may hide what terms share.
    const candidates = [false, true].map((opens) =>
      compact(new Factoring(circuit, context, opens).run()),
    );
    const { level } = outputArrival(circuit, context);
    const best = candidates
      .filter((candidate) => outputArrival(candidate, context).level <= level)
      .reduce((a, b) => (circuitFacts(b).muls < circuitFacts(a).muls ? b : a), circuit);
    return { circuit: best };
  },
};

/** Terms that one sum may be taken apart into. */
const MAX_TERMS = 512;
/** A factor is frequent if it stands in so many terms, and in this part of them. */
const LEAST_FREQUENT = 3;
const FREQUENT_PART = 4;

interface Term {
  readonly negative: boolean;
  readonly factors: readonly Factor[];
}

class Factoring {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #uses: readonly number[];
  readonly #replaced: NodeId[] = [];
  readonly #opensShared: boolean;

  constructor(circuit: Circuit, context: PassContext, opensShared: boolean) {
    this.#opensShared = opensShared;
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#uses = useCounts(circuit);
  }

  run(): Circuit {
    const inner = this.#innerSums();
    const make = (node: Node, args: readonly NodeId[]) => {
      const copied = copyNode(node, args, this.#builder);
      const isRoot = isSum(node) && !inner[node.id];
      const made = isRoot ? (this.#factored(node, copied) ?? copied) : copied;
      this.#replaced[node.id] = made;
      return made;
    };
    return rewrite(this.#circuit, liveNodes(this.#circuit), make, this.#builder);
  }

  /** Sums that are terms of one other sum. */
  #innerSums(): readonly boolean[] {
    const inner = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const node of this.#circuit.nodes) {
      if (!isSum(node)) continue;
      for (const arg of node.args) if (this.#uses[arg] === 1) inner[arg] = isSum(this.#old(arg));
    }
    return inner;
  }

  #old(id: NodeId): Node {
    return this.#circuit.nodes[id] as Node;
  }

  /** The sum with factors shared; undefined where that gains nothing. */
  #factored(root: Node, copied: NodeId): NodeId | undefined {
    const rank = root.shape.length;
    const terms = this.#termsOf(root);
    if (!terms || terms.length < 2) return undefined;
    const groups = this.#group(terms);
    const before = terms.reduce((sum, { factors }) => sum + this.#cost(factors), 0);
    const after = groups.reduce((sum, group) => sum + this.#groupCost(group), 0);
    if (after > before || (after === before && groups.length > 1)) return undefined;
    const level = this.#arrivals.of(copied).level;
    const sum = this.#sum(
      groups.map((group) => ({ negative: false, node: this.#shared(group, rank) })),
    );
    return this.#arrivals.of(sum).level <= level ? sum : undefined;
  }

  /** The terms of a sum, taken apart; undefined where there are too many. */
  #termsOf(root: Node): readonly Term[] | undefined {
    const labels = [...root.shape.keys()];
    const terms: Term[] = [];
    const stack: { negative: boolean; open: readonly Factor[]; done: readonly Factor[] }[] = [
      { negative: false, open: [{ node: root.id, labels, count: 1 }], done: [] },
    ];
    for (let item = stack.pop(); item; item = stack.pop()) {
      if (stack.length + terms.length > MAX_TERMS) return undefined;
      const { negative, open, done } = item;
      const [factor, ...others] = open;
      if (!factor) {
        terms.push({ negative, factors: mergeFactors(done) });
        continue;
      }
      const node = this.#old(factor.node);
      const own = factor.node === root.id || this.#uses[factor.node] === 1;
      if (own && factor.count === 1 && isSum(node)) {
        const [a, b] = node.args as [NodeId, NodeId?];
        const flips = node.op.kind !== 'add';
        const first = {
          negative: negative !== (node.op.kind === 'neg'),
          open: [{ ...factor, node: a }, ...others],
          done,
        };
        stack.push(first);
        if (b !== undefined)
          stack.push({
            negative: negative !== flips,
            open: [{ ...factor, node: b }, ...others],
            done,
          });
      } else if ((own || this.#opensShared) && dissolves(node)) {
        const opened = mergeFactors([...operandsOf(node, factor), ...others]);
        stack.push({ negative, open: opened, done });
      } else {
        const replaced = this.#replaced[factor.node] as NodeId;
        stack.push({ negative, open: others, done: [...done, { ...factor, node: replaced }] });
      }
    }
    return terms.reverse();
  }

  /** Terms by what they may share, each split into that and its own factors. */
  #group(terms: readonly Term[]): readonly (readonly Split[])[] {
    const frequency = new Map<string, number>();
    for (const { factors } of terms) {
      for (const factor of factors)
        frequency.set(keyOf(factor), (frequency.get(keyOf(factor)) ?? 0) + 1);
    }
    const often = Math.max(LEAST_FREQUENT, terms.length / FREQUENT_PART);
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
        return (level > 0 && level === latest) || (frequency.get(keyOf(factor)) as number) >= often;
      };
      const shared = term.factors.filter(isShared);
      const own = term.factors.filter((factor) => !isShared(factor));
      // Own parts that are added up have the same axes.
      const axes = [...new Set(own.flatMap(({ labels }) => labels))].sort();
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

  /** The sum of a group's own parts times what the group shares. */
  #shared(group: readonly Split[], rank: number): NodeId {
    const [first] = group as [Split];
    const parts = group.map(({ negative, own }) => ({ negative, node: this.#product(own, rank) }));
    if (first.shared.length === 0) return this.#sum(parts);
    const sum = this.#sum(parts);
    const labels = [...new Set(first.own.flatMap((own) => own.labels))].sort((a, b) => a - b);
    return this.#product([{ node: sum, labels, count: 1 }, ...first.shared], rank);
  }

  /** Ciphertext multiplications of a product by the binary method, nothing shared. */
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
    const shared = this.#weight((group[0] as Split).shared);
    return own + (shared === 0 ? 0 : shared - 1 + joins);
  }

  #product(factors: readonly Factor[], rank: number): NodeId {
    if (factors.length === 0) return this.#builder.constant(scalar(exact.ONE));
    const placed = placeConstants(this.#builder, this.#arrivals, mergeFactors(factors));
    return buildProduct(this.#builder, this.#arrivals, placed, rank);
  }

  #sum(parts: readonly { readonly negative: boolean; readonly node: NodeId }[]): NodeId {
    const [first, ...rest] = [...parts].sort((a, b) => Number(a.negative) - Number(b.negative)) as [
      Part,
      ...Part[],
    ];
    let sum = first.negative ? this.#builder.apply({ kind: 'neg' }, [first.node]) : first.node;
    for (const { negative, node } of rest)
      sum = this.#builder.apply({ kind: negative ? 'sub' : 'add' }, [sum, node]);
    return sum;
  }
}

interface Part {
  readonly negative: boolean;
  readonly node: NodeId;
}

/** A term as its own factors times those that its group shares. */
interface Split {
  readonly negative: boolean;
  readonly own: readonly Factor[];
  readonly shared: readonly Factor[];
}

function keyOf({ node, labels }: Factor): string {
  return `${node}:${labels.join()}`;
}

function popcount(n: number): number {
  return n.toString(2).replaceAll('0', '').length;
}
