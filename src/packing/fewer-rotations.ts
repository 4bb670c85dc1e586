import { workOf } from './emitter.ts';
import { factorRotations } from './factor-rotations.ts';
import { mergeTerms } from './merge-terms.ts';
import type { PackedCircuit } from './packed-circuit.ts';

/**
 * Returns a packed circuit with fewer linear operations in its sums: with sums of rotations
 * factored, if that takes less work, and with terms merged.
 */
export function withFewerRotations(circuit: PackedCircuit): PackedCircuit {
  const merged = mergeTerms(circuit);
  const factored = factorRotations(circuit);
  if (factored === circuit) return merged;
  const both = mergeTerms(factored);
  return workOf(both.ops) < workOf(merged.ops) ? both : merged;
}
