import type { Plan, PlanSketch } from '../plan/plan.ts';
import { type ChoiceNotes, chooseParams } from '../schemes/ckks/params.ts';
import { chooseIntegerParams } from '../schemes/integers/params.ts';

/** Why there are no parameters. */
export interface Refusal {
  readonly reason: string;
  /** Of CKKS: levels that are needed, and that the largest ring would have. */
  readonly levelsNeeded?: number;
  readonly levelsAvailable?: number;
}

/** A plan with parameters, or why there are none. */
export type Choice =
  | { readonly plan: Plan; readonly notes?: ChoiceNotes }
  | { readonly refused: Refusal };

/**
 * Chooses parameters of a sketch's scheme.
 *
 * @param options.precisionBits bits of the outputs that are to be right, where they are real numbers
 */
export function completePlan(
  sketch: PlanSketch,
  options: { readonly precisionBits: number },
): Choice {
  return sketch.scheme === 'ckks' ? chooseParams(sketch, options) : chooseIntegerParams(sketch);
}
