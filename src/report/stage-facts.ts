import { at, largestOf } from '../lookup.ts';
import type { Measures } from '../plan/measures.ts';
import type { Plan } from '../plan/plan.ts';
import { type ParamsSummary, predictedError, summarizeParams } from './circuit-report.ts';

/** One stage of a program, for reports. */
export interface StageFacts {
  /** The location of its end. */
  readonly until: string;
  /** Number of statements; each iteration of a loop counts as one. */
  readonly steps: number;
  /** Names of the outputs of earlier stages that it takes as inputs. */
  readonly takes: readonly string[];
  readonly plan: Plan;
  readonly measures: Measures;
  /** Predicted time; undefined without a prediction. */
  readonly predictedMs: number | undefined;
}

/** A stage in JSON documents. */
export interface StageJson {
  readonly until: string;
  readonly steps: number;
  readonly takes: readonly string[];
  readonly measures: Measures;
  readonly params: ParamsSummary;
  readonly predictedMs: number | null;
  readonly predictedError: number;
}

/** Returns a stage for JSON. */
export function stageToJson({ plan, predictedMs, ...facts }: StageFacts): StageJson {
  const { until, steps, takes, measures } = facts;
  return {
    ...{ until, steps, takes, measures },
    params: summarizeParams(plan),
    predictedMs: predictedMs ?? null,
    predictedError: predictedError(plan),
  };
}

/** Returns the measures of all stages: the sum of operations, the largest depth and levels. */
export function measuresOfStages(stages: readonly Measures[]): Measures {
  const ops = stages.slice(1).reduce((sum, measures) => {
    const counts = Object.entries(measures.ops).map(([op, count]) => [
      op,
      count + sum[op as keyof Measures['ops']],
    ]);
    return Object.fromEntries(counts) as Measures['ops'];
  }, at(stages, 0).ops);
  const levels = stages.map((stage) => stage.levels).filter((level) => level !== null);
  const mulsByDepth = Array.from(
    { length: largestOf(stages.map((measures) => measures.mulsByDepth.length)) },
    (_, depth) => stages.reduce((sum, measures) => sum + (measures.mulsByDepth[depth] ?? 0), 0),
  );
  return {
    depth: largestOf(stages.map(({ depth }) => depth)),
    levels: levels.length < stages.length ? null : largestOf(levels),
    width: largestOf(stages.map(({ width }) => width)),
    mulsByDepth,
    ops,
  };
}
