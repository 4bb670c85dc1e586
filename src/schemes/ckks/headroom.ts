import { at } from '../../lookup.ts';
import type { CkksParams, CkksPlan } from '../../plan/plan.ts';
import { cipherProperties } from './scales.ts';
import { analyzeRanges } from './value-bounds.ts';

/** How much of its modulus a ciphertext's value needs. All sizes are in bits (log2). */
export interface Headroom {
  /** The index of its operation in the plan. */
  readonly index: number;
  readonly level: number;
  /**
   * The largest magnitude of a slot for inputs within their ranges; `sampled` if it is not proven.
   */
  readonly magnitude: number;
  readonly sampled: boolean;
  readonly magnitudeBits: number;
  readonly scaleBits: number;
  /** The modulus of its level, base included. */
  readonly modulusBits: number;
  /**
   * The bits above magnitude, scale and sign: the value may grow by so much before it overflows.
   */
  readonly headroomBits: number;
}

/** Returns the headroom of every ciphertext of a plan, in the plan's order. */
export function headrooms(plan: CkksPlan): readonly Headroom[] {
  const { magnitude, sampled } = analyzeRanges(plan);
  const { levels, degrees } = cipherProperties(plan);
  return [...plan.ops.keys()].flatMap((index): readonly Headroom[] => {
    const level = at(levels, index);
    if (level < 0) return [];
    const size = at(magnitude, index);
    const magnitudeBits = Math.log2(Math.max(size, LEAST_MAGNITUDE));
    const scaleBits = at(degrees, index) * Math.log2(at(plan.params.scales, level));
    const modulusBits = bitsOfLevel(plan.params, level);
    return [
      {
        index,
        level,
        magnitude: size,
        sampled: sampled[index] === 1,
        magnitudeBits,
        scaleBits,
        modulusBits,
        headroomBits: modulusBits - 1 - scaleBits - magnitudeBits,
      },
    ];
  });
}

/** Least magnitude whose logarithm is taken: a value that is always 0 has none. */
const LEAST_MAGNITUDE = 2 ** -64;

function bitsOfLevel({ coeffModulus, basePrimes }: CkksParams, level: number): number {
  const primes = coeffModulus.slice(0, basePrimes + level);
  return primes.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
}
