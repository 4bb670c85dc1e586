import { type FlatProduct, mayOpen, openIn, productLevel } from '../algebra/factors.ts';
import { compareArrivals, outputArrival } from '../ir/arrival.ts';
import { Balancer, type OpenFactors } from './balance.ts';
import type { Pass } from './pass.ts';

/**
 * Pipeline: early factors are multiplied before the late value that they wait for. If the late
 * factor of a product is itself a product with other users, the product is multiplied from the
 * factors of both. In a loop, these products are the early factors of the next iteration:
 *
 *     z = a*y,  y' = y*(2 - z):   a*y' = (a*y)*(2 - z) = z*(2 - z)      1 level an iteration, not 2
 *
 * So an iteration starts before the previous one has ended, wherever in the circuit the iterations
 * are. Safe because multiplication is associative and commutative. It costs multiplications, so it
 * is done only if it makes both the product and the outputs arrive earlier. The number of opened
 * factors is limited.
 */
export const pipeline: Pass = {
  name: 'pipeline',
  summary: 'multiply early factors ahead, before the late value arrives',
  example: `input a: cipher;
input y: cipher;
var s = y;
for i in 0..2 { s = s*(2 - a*s); }
output s;
`,
  requires: [],
  run(circuit, context) {
    const opening = new FactorOpening(OPENINGS_PER_NODE * circuit.nodes.length + 1_000);
    const opened = new Balancer(circuit, context, opening.open).run();
    const gain = compareArrivals(outputArrival(circuit, context), outputArrival(opened, context));
    return {
      circuit: opening.any && gain > 0 ? opened : circuit,
      ...(opening.left === 0 ? { stopped: 'limit on opened factors reached' } : {}),
    };
  },
};

/**
 * Limit on opened factors for each node, which keeps the work linear in the size of the circuit.
 */
const OPENINGS_PER_NODE = 16;
/** Limit on the factors of one product that are opened, one after the other. */
const MAX_OPENINGS = 64;

class FactorOpening {
  any = false;
  left: number;

  constructor(most: number) {
    this.left = most;
  }

  /**
   * Opens factors that are products themselves, the latest first, as long as the product becomes
   * available earlier. Opened products have been built and balanced already, so a few openings
   * reach far.
   */
  readonly open: OpenFactors = (graph, product) => {
    let current = product;
    let best = product;
    for (let i = 0; i < MAX_OPENINGS && this.left > 0; i++) {
      const opened = openLatest(graph, current);
      if (opened === undefined) break;
      this.left--;
      current = opened;
      if (levelOf(graph, current) < levelOf(graph, best)) best = current;
    }
    this.any ||= best !== product;
    return best;
  };
}

type Graph = Parameters<OpenFactors>[0];

function levelOf({ arrivals }: Graph, { factors }: FlatProduct): number {
  return productLevel(arrivals, factors);
}

/**
 * Opens the latest factor of a product that can be opened. Returns undefined if there is no such
 * factor.
 */
function openLatest({ builder, arrivals }: Graph, product: FlatProduct): FlatProduct | undefined {
  const latestFirst = product.factors
    .filter(({ node }) => mayOpen(builder.node(node)))
    .sort((a, b) => arrivals.of(b.node).level - arrivals.of(a.node).level);
  for (const factor of latestFirst) {
    const opened = openIn(product, factor, builder.node(factor.node));
    if (opened) return opened;
  }
  return undefined;
}
