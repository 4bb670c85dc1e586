import type { Plan } from '../plan/plan.ts';
import type { EvaluatingBackend } from '../run/backend.ts';

/** What is said where `--jobs` asks for several workers, but only one ever evaluates; else nothing. */
export function oneWorkerNote(
  { jobs = 1 }: { readonly jobs: number | undefined },
  backend: EvaluatingBackend,
  plan: Plan,
): string {
  const who = backend.singleThreaded(plan);
  if (jobs === 1 || who === undefined) return '';
  return `note: one worker is used: --jobs ${jobs} has no effect, ${who} evaluates on one thread\n`;
}
