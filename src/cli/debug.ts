import type { Debugged } from '../backends/seal/debug.ts';
import { renderChecks, renderFault } from '../render/debug-text.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { renderOutputs, renderVectors } from '../render/evaluation-text.ts';
import { colorsOf } from '../render/text.ts';
import { brokenToJson } from '../report/broken-promise.ts';
import { debugToJson, faultToJson } from '../report/debug.ts';
import { brokenPromises, deviationOf, nestOutputs, type Outputs } from '../report/evaluate.ts';
import { errorBounds, summarizeParams, warningToJson } from '../report/report.ts';
import { judgeVectors } from '../report/vectors.ts';
import { checkedOn } from './backend.ts';
import { loadData } from './eval-data.ts';
import { loadSubject, type Subject } from './eval-subject.ts';
import type { DebugJob, Progress, Result } from './job.ts';
import { oneWorkerNote } from './one-worker.ts';

/**
 * `shoal eval --backend debug`: encrypted and in clear side by side, compared after each operation. What it
 * tells of values goes to standard output only.
 */
export async function debug(job: DebugJob, onProgress: Progress): Promise<Result> {
  const { subject, source } = await loadSubject(job);
  const { instances, vectors } = loadData(job, subject);
  const { optimized, warnings, clear } = subject.prepare(instances);
  const { plan, origins } = optimized;
  const debugged = await checkedOn(plan, instances, {
    onProgress,
    ...(job.memory === undefined ? {} : { memory: job.memory }),
  });
  const report = debugToJson(debugged, plan, origins, source);
  const wanted = await Promise.all(instances.map((inputs) => clear(inputs)));
  const broken = brokenPromises(plan, debugged.outputs, wanted);
  const errors = [...faultToJson(report), ...broken.map((one) => brokenToJson(job.file, one))];
  const { outputs } = subject;
  const judged = report.fault ? undefined : vectors;
  const summary = judged && judgeVectors(judged, debugged.outputs, outputs);
  return {
    status: errors.length > 0 ? 3 : summary && summary.failed > 0 ? 1 : 0,
    json: {
      ...(errors.length > 0 ? { errors } : {}),
      ...(summary ? { vectors: summary } : outputsToJson(debugged, wanted, subject)),
      errorBounds: errorBounds(plan),
      params: summarizeParams(plan),
      debug: report,
      warnings: warnings.map((warning) => warningToJson(source, warning)),
    },
    text: (color) => {
      if (report.fault) return renderFault(report, color);
      const results = summary
        ? renderVectors(summary, outputs, color)
        : renderOutputs(debugged.outputs[0] ?? new Map(), outputs, colorsOf(color));
      return `${results}\n${renderChecks(report, color)}`;
    },
    errors: (color) =>
      errors.map(({ message }) => `${colorsOf(color).red('error')}: ${message}\n`).join(''),
    notes: (color) =>
      warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join('') +
      oneWorkerNote(job, 'debug', plan),
  };
}

/** Outputs of the first instance, and how far those of all are from the clear computation. */
function outputsToJson({ outputs }: Debugged, clear: readonly Outputs[], subject: Subject) {
  const [first] = outputs;
  if (!first) return {};
  return { outputs: nestOutputs(first, subject.outputs), ...deviationOf(outputs, clear) };
}
