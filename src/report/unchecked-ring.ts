import type { Plan } from '../plan/plan.ts';
import { isUncheckedRing } from '../schemes/security.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { UNCHECKED_RING_COSTS } from './fitting-options.ts';

/** Returns a warning if a plan uses the ring that SEAL does not check. */
export function uncheckedRing({ params }: Plan): readonly Diagnostic[] {
  const { polyModulusDegree: degree, securityBits } = params;
  if (!isUncheckedRing(degree)) return [];
  const message = `the parameters have ring degree N = ${degree}, ${securityBits}-bit secure: ${UNCHECKED_RING_COSTS}`;
  const help = 'fewer levels or a smaller --precision may fit a smaller ring';
  return [
    { severity: 'warning', code: 'unchecked-ring', message, span: { start: 0, end: 0 }, help },
  ];
}
