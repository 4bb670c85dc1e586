import { at } from '../lookup.ts';
import type { Measures } from '../plan/measures.ts';
import type { Plan } from '../plan/plan.ts';
import { type ParamsSummary, predictedError, summarizeParams } from './circuit-report.ts';

/** One stage of a program, as reports show it. */
export interface StageFacts {
  /** Where it ends. */
  readonly until: string;
  /** Statements and iterations. */
  readonly steps: number;
  /** What is taken in of an earlier stage's outputs. */
  readonly takes: readonly string[];
  readonly plan: Plan;
  readonly measures: Measures;
  /** Predicted ms; undefined where nothing is predicted. */
  readonly predictedMs: number | undefined;
}

/** A stage as `--json` shows it. */
export interface StageJson {
  readonly until: string;
  readonly steps: number;
  readonly takes: readonly string[];
  readonly measures: Measures;
  readonly params: ParamsSummary;
  readonly predictedMs: number | null;
  readonly predictedError: number;
}

export function stageToJson({ plan, predictedMs, ...facts }: StageFacts): StageJson {
  const { until, steps, takes, measures } = facts;
  return {
    ...{ until, steps, takes, measures },
    params: summarizeParams(plan),
    predictedMs: predictedMs ?? null,
    predictedError: predictedError(plan),
  };
}

/** Measures of all stages: operations of all together, depth and levels of the deepest. */
export function measuresOfStages(stages: readonly Measures[]): Measures {
  const most = (values: readonly number[]) => Math.max(0, ...values);
  const ops = stages.slice(1).reduce((sum, measures) => {
    const counts = Object.entries(measures.ops).map(([op, count]) => [
      op,
      count + sum[op as keyof Measures['ops']],
    ]);
    return Object.fromEntries(counts) as Measures['ops'];
  }, at(stages, 0).ops);
  const levels = stages.map((stage) => stage.levels).filter((level) => level !== null);
  const mulsByDepth = Array.from(
    { length: most(stages.map((measures) => measures.mulsByDepth.length)) },
    (_, depth) => stages.reduce((sum, measures) => sum + (measures.mulsByDepth[depth] ?? 0), 0),
  );
  return {
    depth: most(stages.map(({ depth }) => depth)),
    levels: levels.length < stages.length ? null : most(levels),
    width: most(stages.map(({ width }) => width)),
    mulsByDepth,
    ops,
  };
}
