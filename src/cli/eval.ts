import type { Evaluation } from '../backends/evaluation.ts';
import type { IntegerPlan } from '../plan/plan.ts';
import {
  type BrokenPromise,
  brokenPromises,
  deviationOf,
  nestOutputs,
  type Outputs,
} from '../report/evaluate.ts';
import { colorsOf, showNumber } from '../report/format.ts';
import {
  type Evaluated,
  renderComparison,
  renderCosts,
  renderOutputs,
  renderVectors,
} from '../report/render-evaluation.ts';
import {
  errorBounds,
  noiseBudgets,
  predictedError,
  summarizeParams,
  warningToJson,
} from '../report/report.ts';
import { judgeVectors } from '../report/vectors.ts';
import { renderDiagnostic } from '../syntax/render.ts';
import { evaluateOn } from './backend.ts';
import { loadData } from './eval-data.ts';
import { loadSubject, type Planned } from './eval-subject.ts';
import type { EvalJob, Progress, Result } from './job.ts';

/** `shoal eval`: encrypts, evaluates, decrypts, and compares with the clear computation. */
export async function evaluate(job: EvalJob, onProgress: Progress): Promise<Result> {
  const { subject, source: file } = await loadSubject(job);
  const { instances, vectors } = loadData(job, subject);
  const prepared = subject.prepare(instances);
  const clear = await Promise.all(instances.map((inputs) => prepared.clear(inputs)));
  const run = async ({ plan, measures }: Planned): Promise<Evaluated> => {
    const evaluation = await evaluateOn(job.backend, plan, instances, { onProgress });
    return { plan, measures, evaluation, deviation: deviationOf(evaluation.outputs, clear) };
  };
  const optimized = await run(prepared.optimized);
  const source = await sourceOf(job, prepared.source, run);
  const { outputs } = subject;
  const summary = vectors && judgeVectors(vectors, optimized.evaluation.outputs, outputs);
  const first = (form: Evaluated): Outputs => form.evaluation.outputs[0] ?? new Map();
  const encrypted = job.backend === 'seal';
  const broken = brokenPromises(optimized.plan, optimized.evaluation.outputs, clear);
  return {
    status: broken.length > 0 ? 3 : summary && summary.failed > 0 ? 1 : 0,
    json: {
      ...(broken.length > 0 ? { errors: broken.map((b) => brokenToJson(job.file, b)) } : {}),
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
      broken.map((b) => `${colorsOf(color).red('error')}: ${describe(b)}\n`).join(''),
    notes: (color) =>
      prepared.warnings.map((w) => `${renderDiagnostic(file, w, { color })}\n`).join(''),
  };

  function sourceToJson(form: Evaluated | string, planned: Planned | string) {
    if (typeof form === 'string' || typeof planned === 'string') {
      return { params: null, paramsReason: form };
    }
    return {
      ...form.measures,
      params: summarizeParams(form.plan),
      outputs: nestOutputs(first(form), outputs),
      ...costsOf(form),
    };
  }
}

function describe({ output, error, bound }: BrokenPromise): string {
  if (bound === 0) return `output '${output}' is wrong, though its noise was predicted to be small`;
  return `output '${output}' is off by ${showNumber(error)}, more than the promised ${showNumber(bound)}; do not use it, and declare the inputs' ranges with within`;
}

function brokenToJson(file: string, broken: BrokenPromise) {
  return { code: 'error-bound-exceeded', file, line: 0, column: 0, message: describe(broken) };
}

async function sourceOf(
  { compare }: EvalJob,
  source: Planned | string,
  run: (planned: Planned) => Promise<Evaluated>,
): Promise<Evaluated | string | undefined> {
  if (!compare) return undefined;
  return typeof source === 'string' ? source : run(source);
}

/** Predicted and, where something was encrypted, measured noise budgets by output. */
function budgetsOf(plan: IntegerPlan, { noiseBudgets: measured }: Evaluation) {
  return { predicted: noiseBudgets(plan), ...(measured ? { measured } : {}) };
}

function costsOf({ plan, evaluation, deviation }: Evaluated) {
  return {
    ...deviation,
    predictedError: predictedError(plan),
    ...(plan.scheme === 'ckks' ? {} : { noiseBudgets: budgetsOf(plan, evaluation) }),
    errorBounds: errorBounds(plan),
    timings: evaluation.timings,
    memory: evaluation.memory,
  };
}
