import { availableParallelism } from 'node:os';
import type { Evaluation } from '../backends/evaluation.ts';
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
import { loadCostModel } from './stored-cost-model.ts';
import type { PlanWithMeasures, PreparedSubject, Subject, SubjectJob } from './subject.ts';

/** What is evaluated, with which data, and by what. */
export interface EvalJob extends SubjectJob, EvalDataJob {
  /** Name of the backend. */
  readonly backend: string;
  readonly compare: boolean;
  /** Bytes that WebAssembly memory may take; undefined for the default. */
  readonly memory: number | undefined;
  /** Most workers that may evaluate; undefined for as many as there are cores. */
  readonly jobs: number | undefined;
}

/** An evaluation of which all is known but the result. */
export interface Session {
  readonly job: EvalJob;
  readonly backend: EvaluatingBackend;
  readonly subject: Subject;
  readonly prepared: PreparedSubject;
  readonly instances: readonly Inputs[];
  /** What each instance gives in clear. */
  readonly clear: readonly Outputs[];
  readonly onProgress: Progress;
}

/** A stage and what came of it. */
export type EvaluatedStage<Stage extends PlanWithMeasures = PlanWithMeasures> = Stage & {
  readonly evaluation: Evaluation;
};

/** A form of the program that was evaluated: its outputs, and what all stages together took. */
export interface EvaluatedForm<Stage extends PlanWithMeasures = PlanWithMeasures>
  extends Omit<ProgramEvaluation, 'stages'> {
  readonly stages: readonly EvaluatedStage<Stage>[];
  readonly deviation: Deviation;
}

/** The program, evaluated. */
export interface EvaluatedProgram extends EvaluatedForm<StageFacts> {
  /** How many test vectors hit, where some were evaluated. */
  readonly summary: VectorsSummary | undefined;
}

/** The report on an evaluation, beside its outputs. */
export interface Details {
  /** What went wrong. */
  readonly errors?: readonly DiagnosticJson[];
  readonly json: object;
  /** @param results shows the outputs, or how many test vectors hit */
  text(color: boolean, results: () => string): string;
}

/** Evaluates one form. */
export async function evaluateForm<Stage extends PlanWithMeasures>(
  session: Session,
  form: readonly Stage[],
): Promise<EvaluatedForm<Stage>> {
  const { job, backend, subject, instances, clear, onProgress } = session;
  const { jobs = availableParallelism(), memory } = job;
  const several = form.length > 1;
  const stages = several ? form : await Promise.all(form.map((one) => withinMemory(session, one)));
  const { stages: evaluations, ...evaluated } = await evaluateProgram(
    { stages, outputs: subject.outputs },
    instances,
    {
      backend: backend.name,
      jobs,
      cost: loadCostModel(),
      onProgress: (done, total, phase, at) =>
        onProgress(done, total, several ? `${phase}, stage ${at + 1} of ${stages.length}` : phase),
      ...(memory === undefined ? {} : { memory }),
    },
  );
  return {
    ...evaluated,
    stages: stages.flatMap((stage, at) => {
      const evaluation = evaluations[at];
      return evaluation ? [{ ...stage, evaluation }] : [];
    }),
    deviation: deviationOf(evaluated.outputs, clear),
  };
}

/** As far as the backend can, so that it fits the memory that is given. */
async function withinMemory<Stage extends PlanWithMeasures>(
  { backend, job: { memory } }: Session,
  stage: Stage,
): Promise<Stage> {
  if (memory === undefined || !backend.withinMemory) return stage;
  const plan = await backend.withinMemory(stage.plan, memory);
  return plan === stage.plan ? stage : { ...stage, plan, measures: measurePlan(plan) };
}
