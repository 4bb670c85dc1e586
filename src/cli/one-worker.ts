import type { Plan } from '../plan/plan.ts';
import type { EvaluationJob } from './job.ts';

/** What is said where `--jobs` asks for several workers, but only one ever evaluates; else nothing. */
export function oneWorkerNote(
  { jobs = 1 }: EvaluationJob,
  backend: 'seal' | 'plain' | 'debug',
  { scheme }: Plan,
): string {
  const canShare = backend === 'seal' && scheme === 'ckks';
  if (jobs === 1 || canShare) return '';
  const who = backend === 'seal' ? scheme : `--backend ${backend}`;
  return `note: one worker is used: --jobs ${jobs} has no effect, ${who} evaluates on one thread\n`;
}
