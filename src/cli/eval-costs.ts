import type { Evaluation } from '../backends/evaluation.ts';
import { hasCode } from '../errors/shoal-error.ts';
import { planMemory } from '../memory/memory-budget.ts';
import type { IntegerPlan } from '../plan/plan.ts';
import { type EvaluatedView, renderComparison, renderCosts } from '../render/evaluation-text.ts';
import {
  errorBounds,
  noiseBudgets,
  predictedError,
  summarizeParams,
} from '../report/circuit-report.ts';
import { nestOutputs, type Outputs } from '../report/deviations.ts';
import {
  type Details,
  type EvaluatedForm,
  type EvaluatedProgram,
  type EvaluatedStage,
  evaluateForm,
  type Session,
} from './eval-form.ts';

/** Returns the report on an evaluation of one plan, with `--compare` beside the source form. */
export async function costsDetails(
  session: Session,
  program: EvaluatedProgram,
  stage: EvaluatedStage,
): Promise<Details> {
  const { backend, subject, prepared, clear } = session;
  const { outputs: slots } = subject;
  const optimized = viewOf(session, program, stage);
  const source = await evaluateSource(session);
  return {
    json: {
      ...costsOf(optimized),
      optimized: optimized.measures,
      params: summarizeParams(optimized.plan),
      ...(source === undefined ? {} : { source: sourceToJson(source) }),
    },
    text: (color, results) => {
      if (source === undefined || program.summary)
        return `${results()}\n${renderCosts(optimized, backend.encrypts, color)}\n`;
      const shown = {
        source: typeof source === 'string' ? undefined : firstOutputs(source),
        optimized: firstOutputs(optimized),
        clear: clear[0] ?? new Map(),
      };
      return `${renderComparison(source, optimized, shown, slots, color)}\n`;
    },
  };

  function sourceToJson(form: EvaluatedView | string) {
    const planned = prepared.sourceForm;
    if (typeof planned === 'string') return { params: null, paramsReason: planned };
    if (typeof form === 'string') {
      const params = summarizeParams(planned.plan);
      return { ...planned.measures, params, outputs: null, outputsReason: form };
    }
    return {
      ...form.measures,
      params: summarizeParams(form.plan),
      outputs: nestOutputs(firstOutputs(form), slots),
      ...costsOf(form),
    };
  }
}

const firstOutputs = ({ evaluation }: EvaluatedView): Outputs => evaluation.outputs[0] ?? new Map();

/**
 * Evaluates the source form for `--compare`. Returns the reason if that is not possible, because
 * the optimized form was evaluated already and is still worth reporting.
 */
async function evaluateSource(session: Session): Promise<EvaluatedView | string | undefined> {
  const { job, prepared } = session;
  if (!job.compare) return undefined;
  if (typeof prepared.sourceForm === 'string') return prepared.sourceForm;
  try {
    const form = await evaluateForm(session, [prepared.sourceForm]);
    const [stage] = form.stages;
    return stage && viewOf(session, form, stage);
  } catch (error) {
    if (hasCode(error, 'memory-too-small')) return error.message;
    throw error;
  }
}

function viewOf(
  { backend, job }: Session,
  { deviation }: EvaluatedForm,
  { plan, measures, evaluation }: EvaluatedStage,
): EvaluatedView {
  const predictedMemory = backend.encrypts
    ? planMemory(plan, evaluation.jobs, job.memory).prediction.total
    : null;
  return { plan, measures, evaluation, deviation, predictedMemory };
}

/** Returns the noise budgets of all outputs in bits: predicted and, if encrypted, measured. */
function budgetsOf(plan: IntegerPlan, { noiseBudgets: measured }: Evaluation) {
  return { predicted: noiseBudgets(plan), ...(measured ? { measured } : {}) };
}

function costsOf({ plan, evaluation, predictedMemory, deviation }: EvaluatedView) {
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
