import type { StagedCompilation } from '../compile/compile-stages.ts';
import { defined } from '../lookup.ts';
import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { renderStages } from '../render/stages-text.ts';
import { showCount } from '../report/show-values.ts';
import { measuresOfStages, type StageFacts, stageToJson } from '../report/stage-facts.ts';
import { stageFacts, warningsOf } from '../run/compile-in-stages.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { diagnosticToJson } from '../syntax/diagnostic.ts';
import type { Result } from './outcome.ts';

/**
 * Returns the report on a program in several stages.
 *
 * @param asWritten number of statements that fit the first stage without optimization
 */
export function reportStages(staged: StagedCompilation, source: Source, asWritten: number): Result {
  const facts = stageFacts(staged);
  const { json, notes } = summaryOf(staged, source, facts);
  return {
    status: 0,
    json: { ...json(), stepsAsWritten: asWritten },
    notes,
    text: (color) => {
      const stages = renderStages(circuitOf(facts), facts, color);
      return `${stages}\nwithout optimization, the first stage would have ${showCount(asWritten, 'statement')}\n`;
    },
  };
}

/** Returns the measures of all stages together, and all warnings. */
export function summaryOf(staged: StagedCompilation, source: Source, facts: readonly StageFacts[]) {
  const warnings = warningsOf(staged);
  return {
    json: () => ({
      circuit: circuitOf(facts),
      scheme: defined(facts[0]).plan.scheme,
      stages: facts.map(stageToJson),
      optimized: measuresOfStages(facts.map(({ measures }) => measures)),
      params: stageToJson(deepest(facts)).params,
      predictedMs: facts.reduce((sum, { predictedMs = 0 }) => sum + predictedMs, 0),
      warnings: warnings.map((warning) => diagnosticToJson(source, warning)),
    }),
    notes: (color: boolean) => renderDiagnostics(source, warnings, color),
  };
}

/** Returns the circuit's file name. */
export function circuitOf([first]: readonly StageFacts[]): string {
  return first?.plan.circuit ?? '';
}

/** Returns the stage with the most levels. */
export function deepest(facts: readonly StageFacts[]): StageFacts {
  return facts.reduce((a, b) => ((b.measures.levels ?? 0) > (a.measures.levels ?? 0) ? b : a));
}
