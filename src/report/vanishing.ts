import type { Candidate } from '../compile/candidate.ts';
import { at } from '../lookup.ts';
import type { SlotData } from '../plan/plan.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';

/**
 * Returns a warning for each constant factor that is rounded to 0 at the scale of its level, so
 * that its term is lost. The error bound includes this error, but the author may not expect it.
 */
export function vanishingConstants({ plan, origins }: Candidate): readonly Diagnostic[] {
  if (plan?.scheme !== 'ckks') return [];
  const warnings = new Map<string, Diagnostic>();
  plan.ops.forEach((op, index) => {
    if (op.op !== 'mulPlain' || op.scale !== 'level') return;
    const factor = plan.ops[op.args[1]];
    const origin = origins[index];
    if (factor?.op !== 'const' || !origin) return;
    const largest = largestOf(factor.data);
    const scale = at(plan.params.scales, op.level);
    if (largest === 0 || largest * scale >= 0.5) return;
    const shown = Number(largest.toPrecision(3));
    warnings.set(`${origin.span.start}:${shown}`, {
      severity: 'warning',
      code: 'constant-vanishes',
      message: `the factor ${shown} is rounded to 0 at a scale of ${plan.params.scaleBits} bits`,
      span: origin.span,
      help: 'raise --precision, or rescale the data so that the factor is larger',
    });
  });
  return [...warnings.values()];
}

function largestOf(data: SlotData): number {
  if (typeof data === 'number') return Math.abs(data);
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
