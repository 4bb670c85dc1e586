import type { Evaluator as SealEvaluator } from 'node-seal/allows';
import type { Plan } from '../../plan/plan.ts';
import type { Share } from '../../plan/worker-shares.ts';
import { type CkksContext, createContext } from './ckks-context.ts';
import { CkksEvaluator } from './ckks-evaluator.ts';
import { createIntegerContext, type IntegerContext } from './integer-context.ts';
import { IntegerEvaluator } from './integer-evaluator.ts';
import type { KeyCache } from './key-cache.ts';
import { type Seal, sealError } from './load-seal.ts';
import type { SchemeEvaluator } from './scheme-evaluator.ts';

/** The context of a plan of any scheme. */
export type PlanContext = CkksContext | IntegerContext;

/**
 * Builds SEAL's context for a plan.
 *
 * @throws ShoalError if the parameters are invalid, or less secure than they claim by SEAL's or our
 *   table
 */
export function createPlanContext(seal: Seal, plan: Plan): PlanContext {
  return plan.scheme === 'ckks'
    ? createContext(seal, plan.params)
    : createIntegerContext(seal, plan);
}

/**
 * Creates the part of an evaluator that depends on the scheme.
 *
 * @throws ShoalError if plan and context do not belong together
 */
export function createSchemeEvaluator(
  context: PlanContext,
  keys: KeyCache,
  plan: Plan,
  share: Share,
  seal: SealEvaluator,
): SchemeEvaluator {
  if (context.scheme === 'ckks' && plan.scheme === 'ckks')
    return new CkksEvaluator(context, keys, plan, share, seal);
  if (context.scheme !== 'ckks' && plan.scheme !== 'ckks')
    return new IntegerEvaluator(context, keys, plan, seal);
  throw sealError('internal error: a plan and its context have different schemes');
}
