import type { Plan } from '../plan/plan.ts';
import type { EvaluatingBackend } from '../run/backend.ts';

/** Returns a note if `--jobs` is above 1 but only one worker can evaluate the plan, else ''. */
export function oneWorkerNote(
  { jobs = 1 }: { readonly jobs: number | undefined },
  backend: EvaluatingBackend,
  plan: Plan,
): string {
  const reason = backend.singleThreaded(plan);
  if (jobs === 1 || reason === undefined) return '';
  return `note: --jobs ${jobs} has no effect: ${reason} evaluates on one thread\n`;
}
