import {
  contractClear,
  type Factor,
  type FlatProduct,
  isRelabelled,
  mergeFactors,
  openFactor,
  placeConstants,
  productLevel,
} from '../algebra/factors.ts';
import { buildProduct } from '../algebra/product.ts';
import { isSum, type Term, termsOf } from '../algebra/terms.ts';
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
import { compact, copyNode, type Moved, rewrite } from '../ir/rewrite.ts';
import { at, lookUp } from '../lookup.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Balance: a tree of multiplications is one product of its leaves. The pass multiplies them in the
 * order in which they become available (see product.ts), not as written:
 *
 *     ((a*b)*c)*d = (a*b)*(c*d)          2 levels instead of 3
 *     (d3*x)*(y*z) = d3*((x*y)*z)        4 levels for d3 at level 3, not 5
 *     (A@B)@v = A@(B@v)                  as many levels, and n² products instead of n³
 *
 * In the same way, a tree of additions is one sum of its leaves. Early leaves are added first, so
 * that one value is brought down to the level of d3 instead of two; clear terms come last, where
 * they are encoded for the lowest level:
 *
 *     d3 + x + y = (x + y) + d3
 *
 * Safe because both operations are associative and commutative, and because a sum over an axis may
 * be taken as soon as no other factor has that axis. A product or sum with other users is a leaf.
 * Constants join the factor where they cost nothing.
 */
export const balance: Pass = {
  name: 'balance',
  summary: 'multiply and add operands in the order in which they arrive',
  example: `input x: cipher;
input y: cipher;
input z: cipher;
output r = ((x*x)*y)*z;
`,
  requires: [],
  run: (circuit, context) => ({
    circuit: new Balancer(circuit, context, (_, product) => product).run(),
  }),
};

/** Opens factors of a product, whose nodes are in a growing graph. */
export type OpenFactors = (
  graph: { readonly builder: GraphBuilder; readonly arrivals: Arrivals },
  product: FlatProduct,
) => FlatProduct;

/**
 * A product of a circuit: its factors, and the products inside it that have no other user, operands
 * first.
 */
interface FlatNode {
  readonly leaves: readonly Factor[];
  readonly inner: readonly NodeId[];
}

/** Multiplies and adds in the order of arrival. `open` may first open factors of each product. */
export class Balancer {
  readonly #circuit: Circuit;
  readonly #uses: readonly number[];
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  readonly #replaced: NodeId[];
  readonly #open: OpenFactors;
  readonly #flat = new Map<NodeId, FlatNode>();

  constructor(circuit: Circuit, context: PassContext, open: OpenFactors) {
    this.#circuit = circuit;
    this.#builder = new GraphBuilder({ interning: true, like: circuit });
    this.#uses = useCounts(circuit);
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#replaced = new Array(circuit.nodes.length);
    this.#open = open;
  }

  run(): Circuit {
    const live = liveNodes(this.#circuit);
    const absorbed = this.#absorbedNodes(live);
    const kept = live.map((isLive, id) => isLive && !absorbed[id]);
    const replace = (node: Node, moved: Moved) => {
      const built = this.#isProduct(node)
        ? this.#product(node)
        : isSum(node)
          ? this.#sum(node)
          : copyNode(node, moved, this.#builder);
      this.#replaced[node.id] = built;
      return built;
    };
    return compact(rewrite(this.#circuit, kept, replace, this.#builder));
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  #isProduct(node: Node): boolean {
    if (node.secrecy !== 'cipher') return false;
    return node.kind === 'mul' || node.kind === 'pow' || this.#isEarlySum(node);
  }

  /**
   * Whether a node sums a product over an axis that only one of its factors has: that one first.
   * A product with a clear number stays: after its rescaling, rotations for the sum are cheaper.
   */
  #isEarlySum(node: Node): boolean {
    if (node.kind !== 'sum') return false;
    const isNumber = ({ node: id, labels }: Factor) =>
      labels.length === 0 && this.#node(id).secrecy !== 'cipher';
    const leaves = this.#flatten(node).leaves.filter((leaf) => !isNumber(leaf));
    const holders = new Map<number, number>();
    for (const { labels, count } of leaves)
      for (const label of labels) holders.set(label, (holders.get(label) ?? 0) + count);
    const isOwn = ([label, count]: readonly [number, number]) =>
      label >= node.shape.length && count === 1;
    return leaves.length > 1 && [...holders].some(isOwn);
  }

  /**
   * Returns, for each node, whether it is absorbed: an inner product or sum without another user.
   * Users come before their operands, because whether a product is absorbed depends on its user.
   */
  #absorbedNodes(live: readonly boolean[]): readonly boolean[] {
    const absorbed = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const node of this.#circuit.nodes.toReversed()) {
      const { id } = node;
      if (!live[id]) continue;
      if (isSum(node))
        for (const arg of node.args)
          if (this.#uses[arg] === 1 && isSum(this.#node(arg))) absorbed[arg] = true;
      if (absorbed[id] || !this.#isProduct(node)) continue;
      const flat = this.#flatten(node);
      this.#flat.set(id, flat);
      for (const inner of flat.inner) absorbed[inner] = true;
    }
    return absorbed;
  }

  /**
   * Returns the factors of a product, with those of every product inside it that has no other user.
   */
  #flatten(root: Node): FlatNode {
    const rank = root.shape.length;
    const leaves: Factor[] = [];
    const inner: NodeId[] = [];
    let fresh = rank;
    const open = (factor: Factor) => {
      const others = {
        *[Symbol.iterator]() {
          yield* leaves;
          yield* stack;
        },
      };
      const opened = openFactor(this.#node(factor.node), factor, others, fresh);
      for (const { labels } of opened ?? [])
        for (const label of labels) fresh = Math.max(fresh, label + 1);
      return opened;
    };
    const whole: Factor = { node: root.id, labels: [...root.shape.keys()], count: 1 };
    const stack = [...reversed(open(whole))];
    for (let leaf = stack.pop(); leaf; leaf = stack.pop()) {
      const isOwn = this.#uses[leaf.node] === 1;
      const opens = isOwn || isRelabelled(this.#node(leaf.node));
      const opened = opens ? open(leaf) : undefined;
      if (!opened) leaves.push(leaf);
      else if (!isOwn) for (const factor of opened) leaves.push(factor);
      else {
        inner.push(leaf.node);
        for (const factor of reversed(opened)) stack.push(factor);
      }
    }
    return { leaves, inner: inner.sort((x, y) => x - y) };
  }

  #sum(root: Node): NodeId {
    const { terms, sums } = termsOf(
      root,
      (id) => this.#node(id),
      (id) => this.#uses[id] === 1,
    );
    const order = terms.map((term) => this.#arrivalOf(term));
    const isOrdered = order.every((arrival, i) => i === 0 || at(order, i - 1) <= arrival);
    if (isOrdered || terms.length < 3) {
      // Keep the order as written: the inner sums may be balanced for width.
      for (const id of sums) this.#replaced[id] = this.#copy(this.#node(id));
      return at(this.#replaced, root.id);
    }
    const sorted = [...terms.keys()].sort((i, j) => at(order, i) - at(order, j) || i - j);
    return this.#addUp(sorted.map((i) => at(terms, i)));
  }

  /** Returns the arrival level of a cipher term; infinite for a clear one, which is added last. */
  #arrivalOf({ node }: Term): number {
    return this.#node(node).secrecy === 'cipher'
      ? this.#level(at(this.#replaced, node))
      : Number.POSITIVE_INFINITY;
  }

  /**
   * Adds terms from left to right. Negative terms at the start are added first and subtracted from
   * the first positive one.
   */
  #addUp(terms: readonly Term[]): NodeId {
    const first = at(terms, 0);
    let sum = at(this.#replaced, first.node);
    let { negative } = first;
    for (const term of terms.slice(1)) {
      const node = at(this.#replaced, term.node);
      if (negative === term.negative) sum = this.#builder.apply({ kind: 'add' }, [sum, node]);
      else {
        sum = this.#builder.apply({ kind: 'sub' }, negative ? [node, sum] : [sum, node]);
        negative = false;
      }
    }
    return negative ? this.#builder.apply({ kind: 'neg' }, [sum]) : sum;
  }

  #product(root: Node): NodeId {
    const { leaves, inner } = lookUp(this.#flat, root.id);
    const rank = root.shape.length;
    const factors = this.#open(
      { builder: this.#builder, arrivals: this.#arrivals },
      {
        factors: mergeFactors(
          leaves.map((leaf) => ({ ...leaf, node: at(this.#replaced, leaf.node) })),
        ),
        rank,
      },
    ).factors;
    const placed = placeConstants(
      this.#builder,
      this.#arrivals,
      contractClear(this.#builder, factors, rank),
    );
    const built = buildProduct(this.#builder, this.#arrivals, placed, rank);
    if (built !== undefined && this.#isBest(built, placed)) return built;
    const written = this.#asWritten(root, inner);
    return built !== undefined && this.#level(built) <= this.#level(written) ? built : written;
  }

  /** Whether no order can be better, including the order as written. */
  #isBest(built: NodeId, placed: readonly Factor[]): boolean {
    // A constant that no upload takes may, as written, be in several uploads or scale an outer one.
    const isLeft = placed.some(({ node }) => this.#builder.node(node).kind === 'const');
    return !isLeft && this.#level(built) <= productLevel(this.#arrivals, placed);
  }

  /** Returns a product, and those inside it, in the order as written. */
  #asWritten(root: Node, inner: readonly NodeId[]): NodeId {
    for (const id of inner) this.#replaced[id] = this.#copy(this.#node(id));
    return this.#copy(root);
  }

  #copy(node: Node): NodeId {
    return copyNode(node, (arg) => at(this.#replaced, arg), this.#builder);
  }

  #level(node: NodeId): number {
    return this.#arrivals.of(node).level;
  }
}

function reversed<T>(items: readonly T[] = []): readonly T[] {
  return [...items].reverse();
}
