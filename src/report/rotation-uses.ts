import { lookUp } from '../lookup.ts';
import { keyNeeds, keyUses } from '../memory/key-needs.ts';
import type { PlanOp } from '../plan/plan.ts';

/** A rotation that a plan does; each needs a key that reaches its highest level. */
export interface RotationUse {
  readonly steps: number;
  /** How many operations rotate by so many steps. */
  readonly count: number;
  readonly highestLevel: number;
}

/** The rotations of a plan by ascending steps. */
export function rotationsOf(ops: readonly PlanOp[]): readonly RotationUse[] {
  const uses = keyUses(ops);
  return [...keyNeeds({ ops })].flatMap(([steps, highestLevel]) =>
    steps === 'relinearization' ? [] : [{ steps, count: lookUp(uses, steps).length, highestLevel }],
  );
}
