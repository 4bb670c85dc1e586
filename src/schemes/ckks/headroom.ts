import { at } from '../../lookup.ts';
import type { CkksParams, CkksPlan } from '../../plan/plan.ts';
import { cipherProperties } from './scales.ts';
import { analyzeRanges } from './value-bounds.ts';

/** How much of its modulus a ciphertext's value needs. All sizes in bits, log2. */
export interface Headroom {
  /** Its place in the plan's operations. */
  readonly index: number;
  readonly level: number;
  /** Largest magnitude of a slot for inputs within their ranges; `sampled` where that is no proof. */
  readonly magnitude: number;
  readonly sampled: boolean;
  readonly magnitudeBits: number;
  readonly scaleBits: number;
  /** Of the modulus of its level, base included. */
  readonly modulusBits: number;
  /** What is left above magnitude, scale and sign: the value may grow by so much before it overflows. */
  readonly headroomBits: number;
}

/** The headroom of every ciphertext of a plan, in its order. */
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

/** A value that is always 0 has no logarithm. */
const LEAST_MAGNITUDE = 2 ** -64;

function bitsOfLevel({ coeffModulus, basePrimes }: CkksParams, level: number): number {
  const primes = coeffModulus.slice(0, basePrimes + level);
  return primes.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
}
