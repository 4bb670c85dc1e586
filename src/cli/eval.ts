import { availableParallelism } from 'node:os';
import type { Evaluation } from '../backends/evaluation.ts';
import { hasCode } from '../errors/shoal-error.ts';
import { withFewerKeys } from '../memory/fewer-keys.ts';
import { planMemory } from '../memory/memory-budget.ts';
import type { IntegerPlan, Plan } from '../plan/plan.ts';
import { isStagedPlan } from '../plan-files/text.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import {
  type Evaluated,
  renderComparison,
  renderCosts,
  renderOutputs,
  renderVectors,
} from '../render/evaluation-text.ts';
import { colorsOf } from '../render/text.ts';
import { brokenToJson } from '../report/broken-promise.ts';
import { brokenPromises, deviationOf, nestOutputs, type Outputs } from '../report/evaluate.ts';
import { measurePlan } from '../report/measure-plan.ts';
import {
  errorBounds,
  noiseBudgets,
  predictedError,
  summarizeParams,
  warningToJson,
} from '../report/report.ts';
import { judgeVectors } from '../report/vectors.ts';
import { evaluateOn } from './backend.ts';
import { loadCostModel } from './cost-model.ts';
import { loadData } from './eval-data.ts';
import { loadSubject, type Planned } from './eval-subject.ts';
import { UsageError } from './failure.ts';
import type { EvalJob, Progress, Result } from './job.ts';
import { oneWorkerNote } from './one-worker.ts';
import { readText } from './read.ts';

/** `shoal eval`: encrypts, evaluates, decrypts, and compares with the clear computation. */
export async function evaluate(job: EvalJob, onProgress: Progress): Promise<Result> {
  if (job.settings.refresh || isStagedPlan(readText(job.file))) {
    const { evaluateStages, stagesOf } = await import('./eval-stages.ts');
    const staged = stagesOf(job, onProgress);
    if (staged) return evaluateStages(job, staged, onProgress);
  }
  const { subject, source: file } = await loadSubject(job);
  if (job.memory !== undefined && job.backend !== 'seal') {
    throw new UsageError(`--memory is for --backend seal; ${job.backend} keeps no keys`);
  }
  const { instances, vectors } = loadData(job, subject);
  const prepared = subject.prepare(instances);
  const clear = await Promise.all(instances.map((inputs) => prepared.clear(inputs)));
  const cost = loadCostModel();
  const run = async (planned: Planned): Promise<Evaluated> => {
    const { plan, measures } = withinMemory(job, planned);
    const { jobs = availableParallelism(), memory } = job;
    const options = { onProgress, jobs, cost, ...(memory === undefined ? {} : { memory }) };
    const evaluation = await evaluateOn(job.backend, plan, instances, options);
    return {
      plan,
      measures,
      evaluation,
      predictedMemory: memoryOf(job, plan, evaluation.jobs),
      deviation: deviationOf(evaluation.outputs, clear),
    };
  };
  const optimized = await run(prepared.optimized);
  const source = await sourceOf(job, prepared.source, run);
  const { outputs } = subject;
  const summary = vectors && judgeVectors(vectors, optimized.evaluation.outputs, outputs);
  const first = (form: Evaluated): Outputs => form.evaluation.outputs[0] ?? new Map();
  const encrypted = job.backend === 'seal';
  const broken = brokenPromises(optimized.plan, optimized.evaluation.outputs, clear);
  const errors = broken.map((one) => brokenToJson(job.file, one));
  return {
    status: errors.length > 0 ? 3 : summary && summary.failed > 0 ? 1 : 0,
    json: {
      ...(errors.length > 0 ? { errors } : {}),
      ...(summary ? { vectors: summary } : { outputs: nestOutputs(first(optimized), outputs) }),
      ...costsOf(optimized),
      optimized: optimized.measures,
      params: summarizeParams(optimized.plan),
      ...(source === undefined ? {} : { source: sourceToJson(source, prepared.source) }),
      warnings: prepared.warnings.map((warning) => warningToJson(file, warning)),
    },
    text: (color) => {
      const c = colorsOf(color);
      const costs = `${renderCosts(optimized, encrypted, color)}\n`;
      if (summary) return `${renderVectors(summary, outputs, color)}\n${costs}`;
      if (source === undefined) return `${renderOutputs(first(optimized), outputs, c)}\n${costs}`;
      const shown = {
        source: typeof source === 'string' ? undefined : first(source),
        optimized: first(optimized),
        clear: clear[0] ?? new Map(),
      };
      return `${renderComparison(source, optimized, shown, outputs, color)}\n`;
    },
    errors: (color) =>
      errors.map(({ message }) => `${colorsOf(color).red('error')}: ${message}\n`).join(''),
    notes: (color) =>
      prepared.warnings.map((w) => `${renderDiagnostic(file, w, { color })}\n`).join('') +
      oneWorkerNote(job, job.backend, optimized.plan),
  };

  function sourceToJson(form: Evaluated | string, planned: Planned | string) {
    if (typeof planned === 'string') return { params: null, paramsReason: planned };
    if (typeof form === 'string') {
      const params = summarizeParams(planned.plan);
      return { ...planned.measures, params, outputs: null, outputsReason: form };
    }
    return {
      ...form.measures,
      params: summarizeParams(form.plan),
      outputs: nestOutputs(first(form), outputs),
      ...costsOf(form),
    };
  }
}

/** With so few keys that they fit the memory that is given; see {@link withFewerKeys}. */
function withinMemory({ memory }: EvalJob, planned: Planned): Planned {
  if (memory === undefined || planned.plan.scheme !== 'ckks') return planned;
  const plan = withFewerKeys(planned.plan, 1, memory);
  return plan === planned.plan ? planned : { plan, measures: measurePlan(plan), origins: [] };
}

/** Bytes that an encrypted evaluation is predicted to take; null in clear. */
function memoryOf({ backend, memory }: EvalJob, plan: Plan, workers: number): number | null {
  return backend === 'seal' ? planMemory(plan, workers, memory).prediction.total : null;
}

/** The form as written, or why it is not evaluated: what was evaluated already is not given up for it. */
async function sourceOf(
  { compare }: EvalJob,
  source: Planned | string,
  run: (planned: Planned) => Promise<Evaluated>,
): Promise<Evaluated | string | undefined> {
  if (!compare) return undefined;
  if (typeof source === 'string') return source;
  try {
    return await run(source);
  } catch (error) {
    if (hasCode(error, 'memory-too-small')) return error.message;
    throw error;
  }
}

/** Predicted and, where something was encrypted, measured noise budgets by output. */
function budgetsOf(plan: IntegerPlan, { noiseBudgets: measured }: Evaluation) {
  return { predicted: noiseBudgets(plan), ...(measured ? { measured } : {}) };
}

function costsOf({ plan, evaluation, predictedMemory, deviation }: Evaluated) {
  return {
    ...deviation,
    predictedError: predictedError(plan),
    ...(plan.scheme === 'ckks' ? {} : { noiseBudgets: budgetsOf(plan, evaluation) }),
    errorBounds: errorBounds(plan),
    jobs: evaluation.jobs,
    timings: evaluation.timings,
    memory: evaluation.memory,
    predictedMemory,
  };
}
