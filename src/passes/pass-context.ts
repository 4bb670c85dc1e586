import type { BasisKind } from '../algebra/polynomial-bases.ts';
import type { Residues } from '../ir/residues-at-point.ts';
import type { Magnitudes } from '../ir/sampled-magnitudes.ts';
import type { Warning } from '../syntax/diagnostic.ts';
import type { WorkMeter } from '../work-meter.ts';

/** What a pass knows besides the circuit, and where its warnings go. */
export interface PassContext {
  /** Whether the client may upload its inputs scaled by constants, which then cost no level. */
  readonly scaledUploads: boolean;
  /**
   * Whether the client may upload linear combinations of products of two entries of its inputs; see
   * arrival.ts.
   */
  readonly precompute?: boolean;
  /**
   * The arrival level by which the outputs must be available; as early as possible if it is not
   * given.
   */
  readonly goal?: number;
  /** The basis of all polynomials; the better one for each if it is not given. */
  readonly basis?: BasisKind;
  /**
   * Whether `constants` moves factors through copies that take multiplications or rotations even
   * where no output arrives earlier by that.
   */
  readonly copiesFactors?: boolean;
  /**
   * Magnitudes and residues of values at sampled points, shared by all circuits of a compilation.
   */
  readonly magnitudes: Magnitudes;
  readonly residues: Residues;
  /** Counts what passes visit, and ends them at a limit; no limit by default. */
  readonly work?: WorkMeter;
  warn(diagnostic: Omit<Warning, 'severity'>): void;
}
