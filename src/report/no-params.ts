import type { Form } from '../compile/form.ts';
import type { Refusal } from '../schemes/ckks/params.ts';
import { largestCheckedDegree } from '../schemes/security.ts';
import { CircuitError, type Source, type Span } from '../syntax/diagnostic.ts';
import { costsByExpression, criticalPath, showCosts } from './critical-path.ts';
import { type Fits, largestFits } from './largest-fit.ts';
import type { Findings } from './report.ts';

/** What a refusal comes down to, for the author of the circuit. */
interface Advice {
  readonly detail: string;
  readonly span: Span;
  readonly help: string;
}

/**
 * The error for a circuit that no parameters fit: what is needed and available, which expressions cost
 * the levels, and how often its loops could run.
 */
export function noParameters(findings: Findings, fits: Fits): CircuitError {
  const { checked, optimized: form } = findings.compilation;
  const { choice } = form;
  if (!('refused' in choice)) throw new Error('parameters do fit');
  const { reason, levelsNeeded, levelsAvailable } = choice.refused;
  // Where levels are not what is missing, no number of them is available.
  const { detail, span, help } =
    levelsAvailable > 0 && levelsAvailable < levelsNeeded
      ? adviseLevels(form, checked.source, largestFits(checked, form.sketch.ops.length, fits))
      : adviseOtherwise(form, choice.refused);
  const message = `no parameters fit: ${reason}${detail}`;
  return new CircuitError(checked.source, [
    { severity: 'error', code: 'no-parameters', message, span, help },
  ]);
}

function adviseLevels(form: Form, source: Source, counts: readonly string[]): Advice {
  const costs = costsByExpression(criticalPath(form).steps);
  const [costliest] = costs.toSorted((a, b) => b.levels - a.levels);
  return {
    detail: `; critical path: ${showCosts(costs, source)}`,
    span: costliest?.origin.span ?? { start: 0, end: 0 },
    help:
      counts.length > 0
        ? `parameters fit with ${counts.join(', or with ')}`
        : 'fewer iterations, a lower degree or a smaller --precision need fewer levels',
  };
}

function adviseOtherwise({ sketch, origins }: Form, refused: Refusal): Advice {
  const [output] = sketch.outputs;
  const span = (output && origins[output.value]?.span) ?? { start: 0, end: 0 };
  const isTooWide = sketch.slots > largestCheckedDegree / 2;
  const help = isTooWide
    ? 'split the vectors into several inputs'
    : refused.levelsAvailable === 0
      ? 'declare ranges (within) that keep divisors away from 0 and values small'
      : 'ask for fewer bits with --precision, or keep intermediate values smaller';
  return { detail: '', span, help };
}
