import { Arrivals, compareArrivals, outputArrival } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  useCounts,
} from '../ir/graph.ts';
import {
  dissolves,
  type Factor,
  mergeFactors,
  operandsOf,
  placeConstants,
  productLevel,
} from './factors.ts';
import { compact, copyNode, type Pass, rewrite } from './pass.ts';
import { buildProduct } from './product.ts';

/**
 * Balance: a tree of multiplications is one product of its leaves, and is multiplied anew in the order
 * in which its factors become available (see product.ts), not as it was written and not by count:
 *
 *     ((a*b)*c)*d = (a*b)*(c*d)          2 levels for 3
 *     (d3*x)*(y*z) = d3*((x*y)*z)        4 levels for d3 at level 3, not 5
 *
 * Safe because multiplication is associative and commutative, elementwise with broadcasting, and because
 * a sum over an axis may be taken last. A product that something else uses too is a factor like any
 * other, unless opening it makes this product available earlier; then its factors are multiplied once
 * more in another order. That costs multiplications, so the number of opened factors is limited, and
 * where the circuit as a whole becomes no shallower, nothing is opened. Constants join the factor where
 * they cost nothing. Sums are left as they are.
 */
export const balance: Pass = {
  name: 'balance',
  summary: 'multiply in the order in which factors become available',
  run(circuit, context) {
    const opening = new Balancer(
      circuit,
      context,
      OPENINGS_PER_NODE * circuit.nodes.length + 1_000,
    );
    const opened = opening.run();
    const stopped = opening.exhausted ? { stopped: 'limit on opened factors reached' } : {};
    if (!opening.hasOpened) return { circuit: opened, ...stopped };
    const kept = new Balancer(circuit, context, 0).run();
    const gain = compareArrivals(outputArrival(kept, context), outputArrival(opened, context));
    return { circuit: gain > 0 ? opened : kept, ...stopped };
  },
};

/** Keeps the work of opening shared products linear in the size of the circuit. */
const OPENINGS_PER_NODE = 16;
/** Factors of one product that may be opened, one after the other. */
const MAX_STEPS = 64;

class Balancer {
  readonly #circuit: Circuit;
  readonly #uses: readonly number[];
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #replaced: NodeId[];
  #openings: number;
  exhausted = false;
  hasOpened = false;

  constructor(circuit: Circuit, context: { readonly scaledUploads: boolean }, openings: number) {
    this.#circuit = circuit;
    this.#uses = useCounts(circuit);
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#replaced = new Array(circuit.nodes.length);
    this.#openings = openings;
  }

  run(): Circuit {
    const live = liveNodes(this.#circuit);
    const absorbed = this.#absorbedNodes(live);
    const built = live.map((isLive, id) => isLive && !absorbed[id]);
    const make = (node: Node, args: readonly NodeId[]) => {
      const made = this.#isProduct(node)
        ? this.#product(node)
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

  /** Products used in one place, and that place a product: they are built as a part of it. */
  #absorbedNodes(live: readonly boolean[]): readonly boolean[] {
    const absorbed = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const node of this.#circuit.nodes) {
      if (!live[node.id] || !this.#isProduct(node)) continue;
      for (const arg of node.args) {
        if (this.#uses[arg] === 1 && dissolves(this.#node(arg))) absorbed[arg] = true;
      }
    }
    return absorbed;
  }

  #product(root: Node): NodeId {
    const rank = root.shape.length;
    const whole = { node: root.id, labels: [...root.shape.keys()], count: 1 };
    const leaves = this.#leavesOf(whole).map((leaf) => ({
      ...leaf,
      node: this.#replaced[leaf.node] as NodeId,
    }));
    const factors = this.#openShared(mergeFactors(leaves));
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

  /**
   * Opens factors that are products themselves, the deepest first, as far as it makes this product
   * available earlier. What is opened has been built already, and balanced: a few steps reach far.
   */
  #openShared(leaves: readonly Factor[]): readonly Factor[] {
    let current = leaves;
    let best = leaves;
    for (let step = 0; step < MAX_STEPS && this.#openings > 0; step++) {
      const deepest = this.#deepestProduct(current);
      if (deepest === undefined) break;
      const inner = operandsOf(this.#builder.node(deepest.node), deepest);
      this.#openings--;
      current = mergeFactors([...current.filter((leaf) => leaf !== deepest), ...inner]);
      if (productLevel(this.#arrivals, current) < productLevel(this.#arrivals, best))
        best = current;
    }
    this.exhausted ||= this.#openings === 0;
    this.hasOpened ||= best !== leaves;
    return best;
  }

  #deepestProduct(leaves: readonly Factor[]): Factor | undefined {
    let deepest: Factor | undefined;
    for (const leaf of leaves) {
      if (!dissolves(this.#builder.node(leaf.node))) continue;
      if (!deepest || this.#leafLevel(leaf) > this.#leafLevel(deepest)) deepest = leaf;
    }
    return deepest;
  }

  #leafLevel(leaf: Factor): number {
    return this.#arrivals.of(leaf.node).level;
  }
}
