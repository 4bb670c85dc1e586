import { check } from '../check/check-program.ts';
import { now } from '../platform/time.ts';
import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { renderPacking } from '../render/packing-text.ts';
import { renderReport } from '../render/report-text.ts';
import { findingsOf, reportToJson } from '../report/circuit-report.ts';
import {
  circuitsAfterPasses,
  compileAs,
  compileStagesAs,
  loadSettings,
  longestUnoptimizedStageAs,
} from './compile-job.ts';
import type { CompileSettings } from './compile-options.ts';
import type { Progress, Result } from './outcome.ts';
import { readSource } from './read-files.ts';
import { reportStages } from './staged-report.ts';

export interface ReportJob {
  readonly file: string;
  readonly settings: CompileSettings;
  /** Whether the text shows how tensors lie in slots. */
  readonly packing: boolean;
}

/** `shoal report`: shows the source form and the optimized form side by side. */
export async function runReport(
  { file, packing, ...job }: ReportJob,
  onProgress: Progress,
): Promise<Result> {
  const settings = await loadSettings(job.settings);
  const source = await readSource(file, settings.maxLoad);
  const start = now();
  const staged = settings.refresh
    ? compileStagesAs(check(source, settings.defines), settings, onProgress)
    : undefined;
  if (staged && staged.stages.length > 1) {
    const compilations = staged.stages.map(({ compilation }) => compilation);
    return {
      ...reportStages(staged, staged.checked.source, longestUnoptimizedStageAs(staged, settings)),
      ...circuitsAfterPasses(settings, ...compilations),
    };
  }
  const compilation = staged?.stages[0]?.compilation ?? compileAs(source, settings);
  const compileMs = now() - start;
  const findings = findingsOf(compilation);
  return {
    status: 0,
    ...circuitsAfterPasses(settings, compilation),
    json: { ...reportToJson(findings), compileMs },
    text: (color) => {
      const report = renderReport(findings, color);
      const tensors = packing ? findings.compilation.optimized.packing : [];
      return tensors.length === 0 ? report : `${report}\n${renderPacking(tensors, color)}\n`;
    },
    notes: (color) => renderDiagnostics(compilation.checked.source, findings.warnings, color),
  };
}
