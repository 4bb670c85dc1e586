import type { Circuit } from '../ir/graph.ts';
import type { Warning } from '../syntax/diagnostic.ts';

/** What a pass may know and say. */
export interface PassContext {
  /** Whether the client may upload its inputs scaled by constants, which then cost no level. */
  readonly scaledUploads: boolean;
  /** Whether the client may upload linear combinations of products of two entries of its inputs; see arrival.ts. */
  readonly precompute?: boolean;
  /** Level by which the outputs are to be there; where it is not given, as early as can be. */
  readonly goal?: number;
  warn(diagnostic: Omit<Warning, 'severity'>): void;
}

/**
 * A function from circuits to circuits that compute the same polynomials, exactly. A pass reads nothing
 * but the circuit and its context, and the same circuit always gives the same result.
 */
export interface Pass {
  /** Kebab-case, as `--passes` takes it. */
  readonly name: string;
  /** One line for `--help` and the documentation. */
  readonly summary: string;
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
