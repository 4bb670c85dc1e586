import type { Residues } from '../ir/residues-at-point.ts';
import type { Magnitudes } from '../ir/sampled-magnitudes.ts';
import type { Warning } from '../syntax/diagnostic.ts';

/** What a pass may know and say. */
export interface PassContext {
  /** Whether the client may upload its inputs scaled by constants, which then cost no level. */
  readonly scaledUploads: boolean;
  /** Whether the client may upload linear combinations of products of two entries of its inputs; see arrival.ts. */
  readonly precompute?: boolean;
  /** Level by which the outputs are to be there; where it is not given, as early as can be. */
  readonly goal?: number;
  /** What is known of values of the compilation's circuits at sampled points. */
  readonly magnitudes: Magnitudes;
  readonly residues: Residues;
  warn(diagnostic: Omit<Warning, 'severity'>): void;
}
