import { at, lookUp } from '../lookup.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { WorkMeter } from '../work-meter.ts';
import { evaluateCircuit, FLOATS } from './evaluate-circuit.ts';
import type { Circuit, InputType } from './graph.ts';
import { hasLargeContractions, type Sampling, SharedSummaries } from './summaries.ts';

/** The number of points at which a circuit is sampled; the first two are the ends of all ranges. */
const SAMPLES = 6;
/** The number of points for circuits whose matrix products take long. */
const FEW_SAMPLES = 3;
/** The range of inputs that declare none. */
const ASSUMED_RANGE: readonly [number, number] = [-1, 1];

/**
 * Magnitudes of values at sampled points. One instance serves a whole compilation, because circuits
 * share most of their values.
 */
export class Magnitudes {
  readonly #summaries: SharedSummaries<number, number>;

  /** @param meter counts the work on large contractions; no limit by default */
  constructor(meter?: WorkMeter) {
    this.#summaries = new SharedSummaries(meter);
  }

  /**
   * Returns the largest magnitude of each node's elements over a few points of the inputs' ranges,
   * always the same points: an estimate from below. Infinite if a point divides by zero or
   * overflows; 0 for dead nodes that are not computed.
   */
  of(circuit: Circuit): Float64Array {
    const most = new Float64Array(circuit.nodes.length);
    const note = (magnitude: number, id: number) => {
      most[id] = Math.max(at(most, id), magnitude);
    };
    const isLarge = hasLargeContractions(circuit);
    for (let sample = 0; sample < (isLarge ? FEW_SAMPLES : SAMPLES); sample++) {
      const sampling = () => samplingAt(sample, circuit.inputs);
      try {
        if (isLarge) this.#summaries.of(circuit, `${sample}`, sampling).forEach(note);
        else {
          const { domain, input, summarize } = sampling();
          evaluateCircuit(circuit, domain, input, (id, value) => note(summarize(value), id));
        }
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return most.fill(Number.POSITIVE_INFINITY);
      }
    }
    return most.map((x) => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x));
  }
}

/** The same for float64 numbers as RESIDUES_PER_OPERATION for residues. */
const FLOATS_PER_OPERATION = 100;

function samplingAt(sample: number, inputs: readonly InputType[]): Sampling<number, number> {
  const next = positions(sample);
  const values = new Map(
    inputs.map(({ name, shape, range }): [string, Tensor<number>] => {
      const [low, high] = range ?? ASSUMED_RANGE;
      const data = Array.from({ length: sizeOf(shape) }, () => low + next() * (high - low));
      return [name, { shape, data }];
    }),
  );
  return {
    domain: FLOATS,
    input: (name) => lookUp(values, name),
    summarize: ({ data }) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
    scale: (magnitude, by) => magnitude * Math.abs(by.value),
    numbersPerOperation: FLOATS_PER_OPERATION,
  };
}

/**
 * Returns a source of numbers in [0, 1]: one of the two ends for the first two samples, then a
 * sequence that fills the interval evenly.
 */
function positions(sample: number): () => number {
  if (sample < 2) return () => sample;
  const golden = (Math.sqrt(5) - 1) / 2;
  let at = sample * golden * golden;
  return () => {
    at = (at + golden) % 1;
    return at;
  };
}
