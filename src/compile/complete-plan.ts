import type { Plan, PlanSketch } from '../plan/plan.ts';
import {
  type ChoiceNotes,
  type CkksRefusal,
  chooseParams,
  type ParamsRequest,
} from '../schemes/ckks/choose-params.ts';
import { chooseIntegerParams } from '../schemes/integers/choose-integer-params.ts';
import { DEFAULT_SECURITY, type SecurityRequest } from '../schemes/security.ts';

/** The reason why no parameters fit, and the resource that is missing. */
export type ParamsRefusal =
  | CkksRefusal
  | { readonly reason: string; readonly missing: 'budget' | 'work' };

/** A plan with parameters, or the reason why none fit. */
export type Choice =
  | { readonly plan: Plan; readonly notes?: ChoiceNotes }
  | { readonly refused: ParamsRefusal };

/**
 * Chooses parameters for a sketch.
 *
 * @param request correct bits required in every output (CKKS only), and security
 */
export function completePlan(
  sketch: PlanSketch,
  request: Pick<ParamsRequest, 'precisionBits'> & Partial<SecurityRequest>,
): Choice {
  if (sketch.scheme === 'ckks') return chooseParams(sketch, request);
  return chooseIntegerParams(sketch, { ...DEFAULT_SECURITY, ...request });
}
