import { arrivalsIn, compareArrivals } from '../ir/arrival.ts';
import { evaluate, RESIDUES } from '../ir/evaluate.ts';
import {
  type Circuit,
  GraphBuilder,
  type InputType,
  liveNodes,
  type NodeId,
  nodeAt,
} from '../ir/graph.ts';
import { pointOf } from '../ir/point.ts';
import { compact, copyNode } from '../ir/rewrite.ts';
import { hasLargeContractions, type Sampling, Summaries } from '../ir/summaries.ts';
import { MODULUS } from '../tensor/exact.ts';
import { at, lookUp } from '../tensor/lookup.ts';
import { residueSource } from '../tensor/residues.ts';
import type { Pass } from './pass.ts';

/**
 * Unify: values that are the same polynomial become one, however they are computed; the earliest stays.
 *
 *     (a*b)*c and a*(b*c)      x*(1 + y) and x + x*y
 *
 * Passes that make a value earlier leave the later one to those that can wait for it. They are told apart by
 * form only, and computing both is waste. Two values are taken for the same if they agree at a random point
 * modulo the product of two 60-bit primes: for different polynomials of degree d that has a probability of at most
 * d²/2^119 (J. T. Schwartz, 1980), and the circuit that is chosen in the end is compared with its source at
 * other points. Safe by that, and since a use never gets a later value than before.
 */
export const unify: Pass = {
  name: 'unify',
  summary: 'compute the same polynomial once, however it is written',
  run(circuit, context) {
    // A barrier has its operand's value, and is there to be kept.
    const hasBarriers = circuit.nodes.some(({ kind }) => kind === 'barrier');
    const residues = hasBarriers ? undefined : residuesOf(circuit);
    if (!residues) return { circuit };
    const live = liveNodes(circuit);
    const arrivals = arrivalsIn(circuit, context);
    // Operands of what comes earliest come earlier still, or are equally early and stand before it.
    const order = circuit.nodes
      .map(({ id }) => id)
      .filter((id) => live[id])
      .sort((a, b) => compareArrivals(arrivals.of(a), arrivals.of(b)) || a - b);
    const first = new Map<string, NodeId>();
    const chosen: NodeId[] = [];
    for (const id of order) {
      const node = nodeAt(circuit, id);
      const key = node.secrecy === 'cipher' ? `${node.shape.join()}:${residues[id]}` : `${id}`;
      chosen[id] = first.get(key) ?? id;
      if (chosen[id] === id) first.set(key, id);
    }
    return { circuit: rebuilt(circuit, order, chosen) };
  },
};

/** A residue of each node: its elements at a random point, weighted with random numbers. */
function residuesOf(circuit: Circuit): readonly bigint[] | undefined {
  try {
    if (hasLargeContractions(circuit)) return rememberedResidues(circuit);
    const { domain, input, summarize } = residueSampling(circuit.inputs);
    const residues: bigint[] = [];
    evaluate(circuit, domain, input, (id, value) => {
      residues[id] = summarize(value);
    });
    return residues;
  } catch (error) {
    // A plain divisor that happens to be 0: nothing is known then.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** By the inputs of a compilation, which all its circuits share. */
const REMEMBERED = new WeakMap<readonly InputType[], Summaries<bigint, bigint>>();

function rememberedResidues(circuit: Circuit): readonly bigint[] {
  const { inputs } = circuit;
  const known = REMEMBERED.get(inputs) ?? new Summaries(residueSampling(inputs));
  REMEMBERED.set(inputs, known);
  return known.of(circuit);
}

function residueSampling(inputs: readonly InputType[]): Sampling<bigint, bigint> {
  const next = residueSource('unify');
  const point = pointOf(inputs, next);
  const weights: bigint[] = [];
  return {
    domain: RESIDUES,
    input: (name) => lookUp(point, name),
    summarize({ data }) {
      while (weights.length < data.length) weights.push(next());
      return data.reduce((sum, x, i) => (sum + x * at(weights, i)) % MODULUS, 0n);
    },
    scale: (residue, by) => (residue * by.residue) % MODULUS,
  };
}

function rebuilt(circuit: Circuit, order: readonly NodeId[], chosen: readonly NodeId[]): Circuit {
  const builder = new GraphBuilder({ interning: true });
  const made: NodeId[] = [];
  const replaced = (id: NodeId) => at(made, at(chosen, id));
  for (const id of order) {
    if (chosen[id] !== id) continue;
    builder.at(circuit.origins[id]);
    const node = nodeAt(circuit, id);
    made[id] = copyNode(node, replaced, builder);
  }
  const outputs = circuit.outputs.map((output) => ({ ...output, node: replaced(output.node) }));
  return compact(builder.finish(circuit.inputs, outputs));
}
