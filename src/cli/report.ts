import { renderReport } from '../report/render-report.ts';
import { findingsOf, reportToJson } from '../report/report.ts';
import { renderDiagnostic } from '../syntax/render.ts';
import { compileAs } from './compiling.ts';
import type { ReportJob, Result } from './job.ts';
import { readSource } from './read.ts';

/** `shoal report`: the circuit as written and optimized, side by side. */
export function report({ file, settings }: ReportJob): Result {
  const source = readSource(file);
  const findings = findingsOf(compileAs(source, settings));
  return {
    status: 0,
    json: reportToJson(findings),
    text: (color) => renderReport(findings, color),
    notes: (color) =>
      findings.warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join(''),
  };
}
