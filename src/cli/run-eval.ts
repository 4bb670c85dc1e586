import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { renderOutputs, renderVectors } from '../render/evaluation-text.ts';
import { colorsOf } from '../render/text-layout.ts';
import { brokenPromiseToJson } from '../report/broken-promise.ts';
import { brokenPromises, nestOutputs } from '../report/deviations.ts';
import { judgeVectors } from '../report/vector-results.ts';
import { BACKENDS, evaluatingBackend } from '../run/backends.ts';
import { diagnosticToJson } from '../syntax/diagnostic.ts';
import { loadSettings } from './compile-job.ts';
import { checksDetails } from './eval-checks.ts';
import { costsDetails } from './eval-costs.ts';
import { loadData } from './eval-data.ts';
import {
  type Details,
  type EvalJob,
  type EvaluatedProgram,
  evaluateForm,
  type Session,
} from './eval-form.ts';
import { stagesDetails } from './eval-stages.ts';
import { loadSubject } from './eval-subject.ts';
import { UsageError } from './failure.ts';
import { oneWorkerNote } from './one-worker.ts';
import type { Progress, Result } from './outcome.ts';
import { requireBackend } from './require-backend.ts';

/** `shoal eval`: evaluates on a backend and compares the outputs with the clear computation. */
export async function runEval(job: EvalJob, onProgress: Progress): Promise<Result> {
  const backend = evaluatingBackend(job.backend);
  const settings = await loadSettings(job.settings);
  const subject = await loadSubject(job, settings, backend, onProgress);
  if (job.memory !== undefined && !backend.withinMemory) {
    const { name } = BACKENDS[0];
    throw new UsageError(`--memory is for --backend ${name}; ${job.backend} keeps no keys`);
  }
  const { instances, vectors } = await loadData(job, subject);
  const prepared = subject.prepare(instances);
  if (job.compare && prepared.stages.length > 1)
    throw new UsageError('--compare shows one circuit: leave out --refresh');
  const clear = await Promise.all(instances.map((inputs) => prepared.clear(inputs)));
  await requireBackend(backend.requires);
  const { cost } = settings;
  const session = { job, cost, backend, subject, prepared, instances, clear, onProgress };
  const form = await evaluateForm(session, prepared.stages);
  const isWhole = form.stages.every(({ evaluation }) => !evaluation.fault);
  const summary =
    vectors && isWhole ? judgeVectors(vectors, form.outputs, subject.outputs) : undefined;
  return resultOf(session, { ...form, summary });
}

async function resultOf(session: Session, evaluated: EvaluatedProgram): Promise<Result> {
  const { job, backend, subject, prepared, clear } = session;
  const { stages, outputs, summary } = evaluated;
  const { source, outputs: slots } = subject;
  const [first] = outputs;
  // With several stages, `evaluateProgram` compared the carried values after each stage.
  const [single] = stages.length === 1 ? stages : [];
  const details = await detailsOf(session, evaluated);
  const broken = single ? brokenPromises(single.plan, outputs, clear) : [];
  const errors = [
    ...(details.errors ?? []),
    ...broken.map((one) => brokenPromiseToJson(job.file, one)),
  ];
  return {
    status: errors.length > 0 ? 3 : summary && summary.failed > 0 ? 1 : 0,
    json: {
      ...(errors.length > 0 ? { errors } : {}),
      ...(summary ? { vectors: summary } : first ? { outputs: nestOutputs(first, slots) } : {}),
      ...details.json,
      warnings: prepared.warnings.map((warning) => diagnosticToJson(source, warning)),
    },
    text: (color) =>
      details.text(color, () =>
        summary
          ? renderVectors(summary, slots, color)
          : renderOutputs(first ?? new Map(), slots, colorsOf(color)),
      ),
    errors: (color) =>
      errors.map(({ message }) => `${colorsOf(color).red('error')}: ${message}\n`).join(''),
    notes: (color) =>
      renderDiagnostics(source, prepared.warnings, color) +
      (single ? oneWorkerNote(job, backend, single.plan) : ''),
  };
}

/** Returns the report on several stages, on checked operations, or on one plan. */
async function detailsOf(session: Session, evaluated: EvaluatedProgram): Promise<Details> {
  const [first, ...others] = evaluated.stages;
  if (!first || others.length > 0) return stagesDetails(evaluated);
  const { checks, fault } = first.evaluation;
  return checks
    ? checksDetails(session, evaluated, first, { checks, fault })
    : costsDetails(session, evaluated, first);
}
