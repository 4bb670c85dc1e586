import { type FlatProduct, mayOpen, openIn, productLevel } from '../algebra/factors.ts';
import { compareArrivals, outputArrival } from '../ir/arrival.ts';
import { Balancer, type OpenFactors } from './balance.ts';
import type { Pass } from './pass.ts';

/**
 * Pipeline: what a late value is multiplied with is carried along with it. A product whose late factor is a
 * product itself, which something else uses too, is multiplied from the factors of both: the early ones
 * meet before the late one is there, and in a loop they are the next iteration's early ones again:
 *
 *     z = a*y,  y' = y*(2 - z):   a*y' = (a*y)*(2 - z) = z*(2 - z)      1 level an iteration for 2
 *
 * So an iteration is started before the one before it has ended, wherever the iterations of an unrolled loop
 * lie. Safe because multiplication is associative and commutative. It costs multiplications: it is done only
 * where it makes a product come earlier and, taken together, the outputs; the number of opened factors is
 * limited.
 */
export const pipeline: Pass = {
  name: 'pipeline',
  summary: 'carry along what late values are multiplied with',
  example: `input a: cipher;
input y: cipher;
var s = y;
for i in 0..2 { s = s*(2 - a*s); }
output s;
`,
  requires: [],
  run(circuit, context) {
    const openings = new Openings(OPENINGS_PER_NODE * circuit.nodes.length + 1_000);
    const opened = new Balancer(circuit, context, openings.open).run();
    const gain = compareArrivals(outputArrival(circuit, context), outputArrival(opened, context));
    return {
      circuit: openings.any && gain > 0 ? opened : circuit,
      ...(openings.left === 0 ? { stopped: 'limit on opened factors reached' } : {}),
    };
  },
};

/** Keeps the work of opening shared products linear in the size of the circuit. */
const OPENINGS_PER_NODE = 16;
/** Factors of one product that may be opened, one after the other. */
const MAX_STEPS = 64;

class Openings {
  any = false;
  left: number;

  constructor(most: number) {
    this.left = most;
  }

  /**
   * Opens factors that are products themselves, the latest first, as far as it makes the product available
   * earlier. What is opened has been built already, and balanced: a few steps reach far.
   */
  readonly open: OpenFactors = (graph, product) => {
    let current = product;
    let best = product;
    for (let step = 0; step < MAX_STEPS && this.left > 0; step++) {
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

/** A product with its latest factor opened that is a product itself; undefined for none. */
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
