import { availableParallelism } from 'node:os';
import type { Evaluation } from '../backends/evaluation.ts';
import type { CostModel } from '../cost/cost-model.ts';
import type { Inputs } from '../data/inputs.ts';
import { type Deviation, deviationOf, type Outputs } from '../report/deviations.ts';
import { measurePlan } from '../report/measure-plan.ts';
import type { StageFacts } from '../report/stage-facts.ts';
import type { VectorsSummary } from '../report/vector-results.ts';
import type { EvaluatingBackend } from '../run/backend.ts';
import { evaluateProgram, type ProgramEvaluation } from '../run/evaluate-program.ts';
import type { DiagnosticJson } from '../syntax/diagnostic.ts';
import type { EvalDataJob } from './eval-data.ts';
import type { Progress } from './outcome.ts';
import type { PlanWithMeasures, PreparedSubject, Subject, SubjectJob } from './subject.ts';

/** The task of `eval`: what to evaluate, on which data and by which backend. */
export interface EvalJob extends SubjectJob, EvalDataJob {
  /** Name of the backend. */
  readonly backend: string;
  readonly compare: boolean;
  /** Limit on keys, ciphertexts and SEAL's tables in bytes; undefined for the default. */
  readonly memory: number | undefined;
  /** Limit on the number of workers; undefined for the number of cores. */
  readonly jobs: number | undefined;
}

/** Everything that an evaluation needs, before it starts. */
export interface Session {
  readonly job: EvalJob;
  readonly cost: CostModel;
  readonly backend: EvaluatingBackend;
  readonly subject: Subject;
  readonly prepared: PreparedSubject;
  readonly instances: readonly Inputs[];
  /** The outputs of each instance, computed in the clear. */
  readonly clear: readonly Outputs[];
  readonly onProgress: Progress;
}

/** A stage and its evaluation. */
export type EvaluatedStage<Stage extends PlanWithMeasures = PlanWithMeasures> = Stage & {
  readonly evaluation: Evaluation;
};

/** An evaluated form of the program: its outputs, and the costs of all stages together. */
export interface EvaluatedForm<Stage extends PlanWithMeasures = PlanWithMeasures>
  extends Omit<ProgramEvaluation, 'stages'> {
  readonly stages: readonly EvaluatedStage<Stage>[];
  readonly deviation: Deviation;
}

/** The evaluated program. */
export interface EvaluatedProgram extends EvaluatedForm<StageFacts> {
  /** The results of test vectors; undefined if inputs were evaluated. */
  readonly summary: VectorsSummary | undefined;
}

/** The report on an evaluation, without its outputs. */
export interface Details {
  /** Errors that the evaluation found. */
  readonly errors?: readonly DiagnosticJson[];
  readonly json: object;
  /** @param results returns the text of the outputs, or of the results of test vectors */
  text(color: boolean, results: () => string): string;
}

/** Evaluates one form of the program. */
export async function evaluateForm<Stage extends PlanWithMeasures>(
  session: Session,
  form: readonly Stage[],
): Promise<EvaluatedForm<Stage>> {
  const { job, cost, backend, subject, instances, clear, onProgress } = session;
  const { jobs = availableParallelism(), memory } = job;
  const several = form.length > 1;
  const stages = several ? form : await Promise.all(form.map((one) => fitToMemory(session, one)));
  const { stages: evaluations, ...evaluated } = await evaluateProgram(
    { stages, outputs: subject.outputs },
    instances,
    {
      backend: backend.name,
      jobs,
      cost,
      onProgress: (done, total, phase, index) =>
        onProgress(
          done,
          total,
          several ? `${phase}, stage ${index + 1} of ${stages.length}` : phase,
        ),
      ...(memory === undefined ? {} : { memory }),
    },
  );
  return {
    ...evaluated,
    stages: stages.flatMap((stage, i) => {
      const evaluation = evaluations[i];
      return evaluation ? [{ ...stage, evaluation }] : [];
    }),
    deviation: deviationOf(evaluated.outputs, clear),
  };
}

/** Returns a stage with fewer keys if `--memory` requires it and the backend supports that. */
async function fitToMemory<Stage extends PlanWithMeasures>(
  { backend, job: { memory } }: Session,
  stage: Stage,
): Promise<Stage> {
  if (memory === undefined || !backend.withinMemory) return stage;
  const plan = await backend.withinMemory(stage.plan, memory);
  return plan === stage.plan ? stage : { ...stage, plan, measures: measurePlan(plan) };
}
