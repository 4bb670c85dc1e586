import { Arrivals } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  useCounts,
} from '../ir/graph.ts';
import { dissolves, type Factor, mergeFactors, operandsOf, placeConstants } from './factors.ts';
import { compact, copyNode, type Pass, type PassContext, rewrite } from './pass.ts';
import { buildProduct } from './product.ts';
import { isSum, type Term, termsOf } from './terms.ts';

/**
 * Balance: a tree of multiplications is one product of its leaves, and is multiplied anew in the order
 * in which its factors become available (see product.ts), not as it was written and not by count:
 *
 *     ((a*b)*c)*d = (a*b)*(c*d)          2 levels for 3
 *     (d3*x)*(y*z) = d3*((x*y)*z)        4 levels for d3 at level 3, not 5
 *
 * A tree of additions is likewise one sum of its leaves, the early ones added up first: d3 + x + y becomes
 * (x + y) + d3, where one value is brought down to the level of d3 instead of two. Clear terms come last,
 * where they are encoded for the lowest level.
 *
 * Safe because both operations are associative and commutative, elementwise with broadcasting, and because
 * a sum over an axis may be taken last. A product or sum that something else uses too is a leaf. Constants
 * join the factor where they cost nothing.
 */
export const balance: Pass = {
  name: 'balance',
  summary: 'multiply and add in the order in which operands become available',
  run: (circuit, context) => ({
    circuit: new Balancer(circuit, context, (_, factors) => factors).run(),
  }),
};

/** Replaces factors of a product, nodes of a growing graph, by what they are made of. */
export type OpenFactors = (
  graph: { readonly builder: GraphBuilder; readonly arrivals: Arrivals },
  factors: readonly Factor[],
) => readonly Factor[];

/** Multiplies and adds in the order of arrival, after `open` has had a look at each product's factors. */
export class Balancer {
  readonly #circuit: Circuit;
  readonly #uses: readonly number[];
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #replaced: NodeId[];
  readonly #open: OpenFactors;

  constructor(circuit: Circuit, context: PassContext, open: OpenFactors) {
    this.#circuit = circuit;
    this.#uses = useCounts(circuit);
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#replaced = new Array(circuit.nodes.length);
    this.#open = open;
  }

  run(): Circuit {
    const live = liveNodes(this.#circuit);
    const absorbed = this.#absorbedNodes(live);
    const built = live.map((isLive, id) => isLive && !absorbed[id]);
    const make = (node: Node, args: readonly NodeId[]) => {
      const made = this.#isProduct(node)
        ? this.#product(node)
        : isSum(node)
          ? this.#sum(node)
          : copyNode(node, args, this.#builder);
      this.#replaced[node.id] = made;
      return made;
    };
    return compact(rewrite(this.#circuit, built, make, this.#builder));
  }

  #node(id: NodeId): Node {
    return this.#circuit.nodes[id] as Node;
  }

  #isProduct(node: Node): boolean {
    return node.secrecy === 'cipher' && (node.op.kind === 'mul' || node.op.kind === 'pow');
  }

  /** Products used in one place, and that place a product, and sums in sums: parts of those. */
  #absorbedNodes(live: readonly boolean[]): readonly boolean[] {
    const absorbed = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const node of this.#circuit.nodes) {
      if (!live[node.id]) continue;
      for (const arg of node.args) if (this.#absorbs(node, arg)) absorbed[arg] = true;
    }
    return absorbed;
  }

  #absorbs(node: Node, arg: NodeId): boolean {
    if (this.#uses[arg] !== 1) return false;
    const operand = this.#node(arg);
    return isSum(node) ? isSum(operand) : this.#isProduct(node) && dissolves(operand);
  }

  #sum(root: Node): NodeId {
    const { terms, sums } = termsOf(
      root,
      (id) => this.#node(id),
      (id) => this.#uses[id] === 1,
    );
    const order = terms.map((term) => this.#arrivalOf(term));
    const isOrdered = order.every((arrival, i) => i === 0 || (order[i - 1] as number) <= arrival);
    if (isOrdered || terms.length < 3) {
      // As it was written: the sums inside may be balanced for width.
      for (const id of sums) {
        const args = this.#node(id).args.map((arg) => this.#replaced[arg] as NodeId);
        this.#replaced[id] = copyNode(this.#node(id), args, this.#builder);
      }
      return this.#replaced[root.id] as NodeId;
    }
    const sorted = [...terms.keys()].sort(
      (i, j) => (order[i] as number) - (order[j] as number) || i - j,
    );
    return this.#addUp(sorted.map((i) => terms[i] as Term));
  }

  /** Levels order cipher terms; clear ones come behind them all. */
  #arrivalOf({ node }: Term): number {
    return this.#node(node).secrecy === 'cipher'
      ? this.#leafLevel(this.#replaced[node] as NodeId)
      : Number.POSITIVE_INFINITY;
  }

  /** Terms from left to right; a sum that starts with negative terms is negated where it can be. */
  #addUp(terms: readonly Term[]): NodeId {
    const [first, ...rest] = terms as [Term, ...Term[]];
    let sum = this.#replaced[first.node] as NodeId;
    let { negative } = first;
    for (const term of rest) {
      const node = this.#replaced[term.node] as NodeId;
      if (negative === term.negative) sum = this.#builder.apply({ kind: 'add' }, [sum, node]);
      else {
        sum = this.#builder.apply({ kind: 'sub' }, negative ? [node, sum] : [sum, node]);
        negative = false;
      }
    }
    return negative ? this.#builder.apply({ kind: 'neg' }, [sum]) : sum;
  }

  #product(root: Node): NodeId {
    const rank = root.shape.length;
    const whole = { node: root.id, labels: [...root.shape.keys()], count: 1 };
    const leaves = this.#leavesOf(whole).map((leaf) => ({
      ...leaf,
      node: this.#replaced[leaf.node] as NodeId,
    }));
    const graph = { builder: this.#builder, arrivals: this.#arrivals };
    const factors = this.#open(graph, mergeFactors(leaves));
    return buildProduct(
      this.#builder,
      this.#arrivals,
      placeConstants(this.#builder, this.#arrivals, factors),
      rank,
    );
  }

  /** The factors of a product, its own and those of every product inside it that nothing else uses. */
  #leavesOf(root: Factor): readonly Factor[] {
    const leaves: Factor[] = [];
    const stack = [...operandsOf(this.#node(root.node), root)].reverse();
    for (let leaf = stack.pop(); leaf; leaf = stack.pop()) {
      const node = this.#node(leaf.node);
      const enter = this.#uses[leaf.node] === 1 && dissolves(node);
      if (enter) stack.push(...[...operandsOf(node, leaf)].reverse());
      else leaves.push(leaf);
    }
    return leaves;
  }

  #leafLevel(node: NodeId): number {
    return this.#arrivals.of(node).level;
  }
}
