import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { evaluate, FLOATS } from './evaluate.ts';
import type { Circuit } from './graph.ts';

/** Points at which a circuit is sampled; the first two are the ends of all ranges. */
const SAMPLES = 6;
/** What inputs without a declared range are taken to lie in. */
const ASSUMED_RANGE: readonly [number, number] = [-1, 1];

/**
 * Largest magnitude of each node's elements over a few points of the inputs' ranges, always the same ones:
 * an estimate from below. Infinite where a point divides by zero or overflows; 0 for dead nodes.
 */
export function sampledMagnitudes(circuit: Circuit): Float64Array {
  const most = new Float64Array(circuit.nodes.length);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const next = positions(sample);
    const inputs = new Map(
      circuit.inputs.map(({ name, shape, range }): [string, Tensor<number>] => {
        const [low, high] = range ?? ASSUMED_RANGE;
        const data = Array.from({ length: sizeOf(shape) }, () => low + next() * (high - low));
        return [name, { shape, data }];
      }),
    );
    try {
      evaluate(
        circuit,
        FLOATS,
        (name) => inputs.get(name) as Tensor<number>,
        (id, { data }) => {
          for (const x of data) {
            const magnitude = Math.abs(x);
            if (!(magnitude <= (most[id] as number))) most[id] = magnitude;
          }
        },
      );
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return most.fill(Number.POSITIVE_INFINITY);
    }
  }
  return most.map((x) => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x));
}

/** Places in [0, 1]: the two ends, then a sequence that fills the interval evenly. */
function positions(sample: number): () => number {
  if (sample < 2) return () => sample;
  const golden = (Math.sqrt(5) - 1) / 2;
  let at = sample * golden * golden;
  return () => {
    at = (at + golden) % 1;
    return at;
  };
}
