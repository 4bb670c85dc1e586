import { at, lookUp } from '../lookup.ts';
import { MODULUS } from '../tensor/exact.ts';
import { residueSource } from '../tensor/random-residues.ts';
import type { WorkMeter } from '../work-meter.ts';
import { evaluateCircuit, RESIDUES } from './evaluate-circuit.ts';
import type { Circuit, InputType } from './graph.ts';
import { pointOf } from './point.ts';
import { hasLargeContractions, type Sampling, SharedSummaries } from './summaries.ts';

/**
 * Residues of values at a random point. One instance serves a whole compilation, because circuits
 * share most of their values.
 */
export class Residues {
  readonly #summaries: SharedSummaries<bigint, bigint>;
  readonly #seed: string;

  /**
   * @param meter counts the work on large contractions; no limit by default
   * @param seed chooses the point
   */
  constructor(meter?: WorkMeter, seed = 'unify') {
    this.#summaries = new SharedSummaries(meter);
    this.#seed = seed;
  }

  /**
   * Returns a residue for each node: the sum of its elements at a random point, weighted with
   * random numbers. Undefined if a plain divisor happens to be 0 there.
   */
  of(circuit: Circuit): readonly bigint[] | undefined {
    const sampling = () => residueSampling(circuit.inputs, this.#seed);
    try {
      if (hasLargeContractions(circuit)) return this.#summaries.of(circuit, '', sampling);
      const { domain, input, summarize } = sampling();
      const residues: bigint[] = [];
      evaluateCircuit(circuit, domain, input, (id, value) => {
        residues[id] = summarize(value);
      });
      return residues;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }
}

/**
 * How many operations on residues take as long as examining one operation of a circuit, which takes
 * about a microsecond.
 */
export const RESIDUES_PER_OPERATION = 10;

function residueSampling(inputs: readonly InputType[], seed: string): Sampling<bigint, bigint> {
  const next = residueSource(seed);
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
    numbersPerOperation: RESIDUES_PER_OPERATION,
  };
}
