import { hasCode, type ShoalError } from '../../src/errors/shoal-error.ts';
import { readPlanFile } from '../../src/plan-files/read-plan.ts';

/** Any JSON object, to be changed into one that is no plan. */
// biome-ignore lint/suspicious/noExplicitAny: the changed value has no type.
export type Changed = any;

/** Reads a plan after a change; returns the message of the refusal, or 'accepted'. */
export function reading(plan: object, change: (plan: Changed) => void): string {
  const changed = structuredClone(plan);
  change(changed);
  try {
    readPlanFile({ file: 'p.json', text: JSON.stringify(changed) });
    return 'accepted';
  } catch (error) {
    if (hasCode(error, 'bad-plan')) return (error as ShoalError).message;
    throw error;
  }
}
