import { cutPoints } from '../build/cut-program.ts';
import type { ParamsRefusal } from '../compile/complete-plan.ts';
import type { Form } from '../compile/form.ts';
import { last } from '../lookup.ts';
import type { PlanSketch } from '../plan/plan.ts';
import { largestBatchingDegree } from '../schemes/integers/batching.ts';
import { DEFAULT_SECURITY, offeredRings } from '../schemes/security.ts';
import { CircuitError, type Source, type Span } from '../syntax/diagnostic.ts';
import type { Findings } from './circuit-report.ts';
import { costsByExpression, criticalPath, showCosts } from './critical-path.ts';
import { fittingOptions } from './fitting-options.ts';
import { type Fits, largestFits } from './largest-fit.ts';

/**
 * Returns the error for a circuit that no parameters fit. It says what is needed and available,
 * which expressions cost the levels, how often the loops can run, and with which options parameters
 * fit.
 *
 * @param mayRefresh whether to suggest `--refresh`, because it was not tried
 */
export function noParameters(findings: Findings, fits: Fits, mayRefresh: boolean): CircuitError {
  const { checked, optimized: form } = findings.compilation;
  const { choice } = form;
  if (!('refused' in choice)) throw new Error('parameters fit');
  const { reason, missing } = choice.refused;
  const counts = missing === 'levels' ? largestFits(checked, form.sketch.ops.length, fits) : [];
  const fitting = [...counts, ...fittingOptions(form.sketch, findings.compilation.request)];
  const { detail, span } =
    missing === 'levels'
      ? mostExpensive(form, checked.source)
      : { detail: '', span: firstOutput(form) };
  const alone =
    fitting.length > 0
      ? `parameters fit with ${fitting.join(', or with ')}`
      : otherwise(form.sketch, missing);
  const isDivisible = mayRefresh && missing === 'levels' && cutPoints(checked).length > 0;
  const help = isDivisible
    ? `${alone}; --refresh client compiles in stages, between which the client decrypts and encrypts again`
    : alone;
  const message = `no parameters fit: ${reason}${detail}`;
  return new CircuitError(checked.source, [
    {
      severity: 'error',
      code: missing === 'work' ? 'too-large' : 'no-parameters',
      message,
      span,
      help,
    },
  ]);
}

/** Returns the expressions that cost levels, and the span of the one that costs the most. */
function mostExpensive(
  form: Form,
  source: Source,
): { readonly detail: string; readonly span: Span } {
  const costs = costsByExpression(criticalPath(form).steps);
  const [most] = costs.toSorted((a, b) => b.levels - a.levels);
  const detail = `; critical path: ${showCosts(costs, source)}`;
  return { detail, span: most?.origin.span ?? { start: 0, end: 0 } };
}

function firstOutput({ sketch, origins }: Form): Span {
  const [output] = sketch.outputs;
  return (output && origins[output.value]?.span) ?? { start: 0, end: 0 };
}

/** Returns advice for circuits that no single change of a number or option makes fit. */
function otherwise(sketch: PlanSketch, missing: ParamsRefusal['missing']): string {
  if (missing !== 'budget') return ADVICE[missing];
  return lacksSlots(sketch)
    ? `t = ${SLOTS_EVERYWHERE} has slots in every ring`
    : 'a smaller t or fewer consecutive multiplications cause less noise';
}

const ADVICE: Readonly<Record<Exclude<ParamsRefusal['missing'], 'budget'>, string>> = {
  levels: 'fewer iterations, a lower degree or a smaller --precision need fewer levels',
  precision: 'require fewer bits with --precision, or keep intermediate values smaller',
  slots: 'split the vectors into several inputs',
  work: 'raise --budget, or write smaller tensors',
  bounds: 'declare ranges (within) that keep divisors away from 0 and values small',
};

/** A prime that is 1 modulo 2N for every ring, and the usual choice. */
const SLOTS_EVERYWHERE = 65_537;

/** Whether t has no slots in the largest rings, which could fit otherwise. */
function lacksSlots(sketch: PlanSketch): boolean {
  if (!('encoding' in sketch) || sketch.encoding !== 'slots') return false;
  const largest = largestBatchingDegree(sketch.plainModulus) ?? 0;
  return largest < last(offeredRings(DEFAULT_SECURITY)).degree;
}
