import type { Circuit } from '../ir/graph.ts';
import type { PassContext } from './pass-context.ts';
import type { RequirementName } from './requirements.ts';

/**
 * A function from circuits to circuits that compute the same polynomials, exactly. A pass reads nothing
 * but the circuit and its context, and the same circuit always gives the same result. It is run by `runPass`,
 * which leaves the circuit as it is where a requirement does not hold.
 */
export interface Pass {
  /** Kebab-case, as `--passes` takes it. */
  readonly name: string;
  /** What it does, in at most 64 characters: a line of the help of `--passes`, and of the documentation. */
  readonly summary: string;
  /** A program that the pass changes, once the program's equal operations are merged. */
  readonly example: string;
  /** What holds wherever the pass runs; nothing, where empty. */
  readonly requires: readonly RequirementName[];
  run(circuit: Circuit, context: PassContext): PassResult;
}

/** What a pass made, and why it stopped where a limit ended it. */
export interface PassResult {
  readonly circuit: Circuit;
  /** Why the pass did less than it could, where a limit ended it. */
  readonly stopped?: string;
  /** Operations looked at, where they are many more than the circuit has. */
  readonly work?: number;
}
