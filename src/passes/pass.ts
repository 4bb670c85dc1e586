import type { Circuit } from '../ir/graph.ts';
import type { PassContext } from './pass-context.ts';
import type { RequirementName } from './requirements.ts';

/**
 * A function from circuits to circuits that compute exactly the same polynomials. A pass depends
 * only on the circuit and its context, and gives the same result for the same circuit. `runPass`
 * runs it, and returns the circuit unchanged if a requirement does not hold.
 */
export interface Pass {
  /** The name in kebab-case, as `--passes` takes it. */
  readonly name: string;
  /** What it does, in at most 64 characters, for the help of `--passes` and the documentation. */
  readonly summary: string;
  /** A program that the pass changes, after the program's equal operations have been merged. */
  readonly example: string;
  /** The conditions under which the pass runs. */
  readonly requires: readonly RequirementName[];
  run(circuit: Circuit, context: PassContext): PassResult;
}

/** The result of a pass. */
export interface PassResult {
  readonly circuit: Circuit;
  /** The limit that stopped the pass early, if one did. */
  readonly stopped?: string;
  /** The number of operations visited, if it is much larger than the circuit. */
  readonly work?: number;
}
