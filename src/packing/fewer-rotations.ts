import { workOf } from './emitter.ts';
import { factorRotations } from './factor-rotations.ts';
import { mergeTerms } from './merge-terms.ts';
import type { PackedCircuit } from './packed-circuit.ts';
import { withSmallMultiples } from './small-multiples.ts';

/**
 * Returns a packed circuit with fewer linear operations in its sums: with sums of rotations
 * factored, if that takes less work, with terms merged, and with additions in place of products
 * with small integers.
 */
export function withFewerRotations(circuit: PackedCircuit): PackedCircuit {
  const merged = mergeTerms(circuit);
  const factored = factorRotations(circuit);
  const both = factored === circuit ? merged : mergeTerms(factored);
  return withSmallMultiples(workOf(both.ops) < workOf(merged.ops) ? both : merged);
}
