import type { Debugged } from '../backends/seal/checked-evaluation.ts';
import { renderChecks, renderFault } from '../render/debug-text.ts';
import { errorBounds, summarizeParams } from '../report/circuit-report.ts';
import { debugToJson, faultToJson } from '../report/debug-report.ts';
import type { Details, EvaluatedProgram, Session } from './eval-form.ts';
import type { PlanWithMeasures } from './subject.ts';

/**
 * Returns the report on an evaluation whose operations were checked. Its texts contain secret
 * values, which go to standard output only.
 */
export function checksDetails(
  { prepared, subject }: Session,
  { deviation, summary }: EvaluatedProgram,
  { plan }: PlanWithMeasures,
  checked: Pick<Debugged, 'checks' | 'fault'>,
): Details {
  const report = debugToJson(checked, plan, prepared.origins, subject.source);
  return {
    errors: faultToJson(report),
    json: {
      ...(summary || report.fault ? {} : deviation),
      errorBounds: errorBounds(plan),
      params: summarizeParams(plan),
      debug: report,
    },
    text: (color, results) =>
      report.fault ? renderFault(report, color) : `${results()}\n${renderChecks(report, color)}`,
  };
}
