import type { Plan, PlanSketch } from '../plan/plan.ts';
import {
  type ChoiceNotes,
  type CkksRefusal,
  chooseParams,
  type ParamsRequest,
} from '../schemes/ckks/choose-params.ts';
import { chooseIntegerParams } from '../schemes/integers/choose-integer-params.ts';
import { DEFAULT_SECURITY, type SecurityRequest } from '../schemes/security.ts';

/** Why there are no parameters, and what there is too little of. */
export type ParamsRefusal = CkksRefusal | { readonly reason: string; readonly missing: 'budget' };

/** A plan with parameters, or why there are none. */
export type Choice =
  | { readonly plan: Plan; readonly notes?: ChoiceNotes }
  | { readonly refused: ParamsRefusal };

/**
 * Chooses parameters of a sketch's scheme.
 *
 * @param request bits of the outputs that are to be right, where they are real numbers, and security
 */
export function completePlan(
  sketch: PlanSketch,
  request: Pick<ParamsRequest, 'precisionBits'> & Partial<SecurityRequest>,
): Choice {
  if (sketch.scheme === 'ckks') return chooseParams(sketch, request);
  return chooseIntegerParams(sketch, { ...DEFAULT_SECURITY, ...request });
}
