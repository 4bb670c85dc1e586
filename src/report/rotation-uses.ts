import { lookUp } from '../lookup.ts';
import { keyNeeds, keyUses } from '../memory/key-needs.ts';
import type { PlanOp } from '../plan/plan.ts';

/** The rotations of a plan by one offset, which share a Galois key for their highest level. */
export interface RotationUse {
  /** The rotation offset. */
  readonly steps: number;
  /** Number of rotations by this offset. */
  readonly count: number;
  readonly highestLevel: number;
}

/** Returns the rotations of a plan by ascending offset. */
export function rotationsOf(ops: readonly PlanOp[]): readonly RotationUse[] {
  const uses = keyUses(ops);
  return [...keyNeeds({ ops })].flatMap(([steps, highestLevel]) =>
    steps === 'relinearization' ? [] : [{ steps, count: lookUp(uses, steps).length, highestLevel }],
  );
}
