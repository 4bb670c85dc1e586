import { renderPacking } from '../report/render-packing.ts';
import { renderReport } from '../report/render-report.ts';
import { findingsOf, reportToJson } from '../report/report.ts';
import { renderDiagnostic } from '../syntax/render.ts';
import { compileAs } from './compiling.ts';
import type { ReportJob, Result } from './job.ts';
import { readSource } from './read.ts';

/** `shoal report`: the circuit as written and optimized, side by side. */
export function report({ file, settings, packing }: ReportJob): Result {
  const source = readSource(file);
  const findings = findingsOf(compileAs(source, settings));
  return {
    status: 0,
    json: reportToJson(findings),
    text: (color) => {
      const usual = renderReport(findings, color);
      const tensors = packing ? findings.compilation.optimized.packing : [];
      return tensors.length === 0 ? usual : `${usual}\n${renderPacking(tensors, color)}\n`;
    },
    notes: (color) =>
      findings.warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join(''),
  };
}
