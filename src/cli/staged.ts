import type { Candidate } from '../compile/candidate.ts';
import type { Staged } from '../compile/stages.ts';
import type { StagedPlan } from '../plan-files/staged-plan.ts';
import { stagedPlanToText } from '../plan-files/staged-plan.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { renderStages } from '../render/stages-text.ts';
import { assumedRanges } from '../report/assumed-ranges.ts';
import { showCount } from '../report/format.ts';
import { warningToJson } from '../report/report.ts';
import { measuresOfStages, type StageFacts, stageToJson } from '../report/stages.ts';
import { uncheckedRing } from '../report/unchecked-ring.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import { untilOf } from './compiling.ts';
import type { CompileJob, Result } from './job.ts';

/** Stages that all have parameters, as reports show them. */
export function factsOf({ stages }: Staged, source: Source): readonly StageFacts[] {
  const carried = new Set(stages.flatMap((stage) => [...stage.carried]));
  return stages.map((stage) => {
    const { plan, measures, ms } = stage.compilation.optimized as Candidate;
    const inputs = plan!.inputs.map(({ name }) => name);
    return {
      until: untilOf(stage, source),
      steps: stage.steps,
      takes: inputs.filter((name) => carried.has(name)),
      plan: plan!,
      measures,
      predictedMs: ms,
    };
  });
}

/** A staged plan of stages that all have parameters. */
export function stagedPlanOf(facts: readonly StageFacts[]): StagedPlan {
  const { circuit } = facts[0]!.plan;
  const stages = facts.map(({ until, plan }) => ({ until, plan }));
  return { format: 'shoal-stages', version: 1, circuit, stages };
}

/** What there is to warn of in any stage, each once. */
export function warningsOf(
  { checked, stages }: Staged,
  known: ReadonlySet<string> = new Set(),
): readonly Diagnostic[] {
  const all = [
    ...(checked.scheme.name === 'ckks' ? assumedRanges(checked, known) : []),
    ...stages.flatMap(({ compilation: { optimized, warnings } }) => [
      ...warnings,
      ...(optimized.plan ? uncheckedRing(optimized.plan) : []),
    ]),
  ];
  const unique = new Map(all.map((one) => [`${one.code}@${one.span.start}`, one]));
  return [...unique.values()].sort((a, b) => a.span.start - b.span.start);
}

/**
 * What `shoal report` says of several stages.
 *
 * @param asWritten steps that fit the first stage without optimization
 */
export function reportStages(staged: Staged, source: Source, asWritten: number): Result {
  const facts = factsOf(staged, source);
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
  const facts = factsOf(staged, source);
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
