import type { Staged } from '../compile/stages.ts';
import type { StagedPlan } from '../plan-files/staged-plan.ts';
import { stagedPlanToText } from '../plan-files/staged-plan.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { renderStages } from '../render/stages-text.ts';
import { showCount } from '../report/format.ts';
import { warningToJson } from '../report/report.ts';
import { measuresOfStages, type StageFacts, stageToJson } from '../report/stages.ts';
import { factsOf, warningsOf } from '../run/stages.ts';
import type { Source } from '../syntax/diagnostic.ts';
import type { CompileJob, Result } from './job.ts';

/** A staged plan of stages that all have parameters. */
export function stagedPlanOf(facts: readonly StageFacts[]): StagedPlan {
  const { circuit } = facts[0]!.plan;
  const stages = facts.map(({ until, plan }) => ({ until, plan }));
  return { format: 'shoal-stages', version: 1, circuit, stages };
}

/**
 * What `shoal report` says of several stages.
 *
 * @param asWritten steps that fit the first stage without optimization
 */
export function reportStages(staged: Staged, source: Source, asWritten: number): Result {
  const facts = factsOf(staged);
  const shown = resultOf(staged, source, facts);
  return {
    ...shown,
    json: { ...shown.json, stepsAsWritten: asWritten },
    text: (color) => {
      const stages = renderStages(facts[0]!.plan.circuit, facts, color);
      return `${stages}\nas written, at -O0, the first stage would have ${showCount(asWritten, 'step')}\n`;
    },
  };
}

/** Figures of all stages, and what there is to warn of. */
function resultOf(staged: Staged, source: Source, facts: readonly StageFacts[]) {
  const warnings = warningsOf(staged);
  return {
    status: 0 as const,
    json: {
      circuit: facts[0]!.plan.circuit,
      scheme: facts[0]!.plan.scheme,
      stages: facts.map(stageToJson),
      optimized: measuresOfStages(facts.map(({ measures }) => measures)),
      params: stageToJson(deepest(facts)).params,
      predictedMs: facts.reduce((sum, { predictedMs = 0 }) => sum + predictedMs, 0),
      warnings: warnings.map((warning) => warningToJson(source, warning)),
    },
    notes: (color: boolean) =>
      warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join(''),
  };
}

/** The stage of the most levels. */
export function deepest(facts: readonly StageFacts[]): StageFacts {
  return facts.reduce((a, b) => ((b.measures.levels ?? 0) > (a.measures.levels ?? 0) ? b : a));
}

/** What `shoal compile` writes of several stages. */
export function compiledStages(
  staged: Staged,
  source: Source,
  { output }: Pick<CompileJob, 'output'>,
): Result {
  const facts = factsOf(staged);
  const plan = stagedPlanOf(facts);
  const content = stagedPlanToText(plan);
  const { json, notes } = resultOf(staged, source, facts);
  return {
    status: 0,
    json: output === undefined ? plan : { output, emit: 'plan', ...json },
    text: () => (output === undefined ? content : ''),
    notes,
    files: output === undefined ? [] : [{ path: output, content }],
  };
}
