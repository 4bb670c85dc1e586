import type { CheckedProgram } from '../check/check-program.ts';
import type { Candidate } from '../compile/candidate.ts';
import type { Compilation, CompileOptions } from '../compile/compile.ts';
import { compileStages, type Stage, type StagedCompilation } from '../compile/compile-stages.ts';
import type { TypicalValues } from '../compile/form.ts';
import { defined } from '../lookup.ts';
import { assumedRanges } from '../report/assumed-ranges.ts';
import type { StageFacts } from '../report/stage-facts.ts';
import { uncheckedRing } from '../report/unchecked-ring.ts';
import { unusedLayouts } from '../report/unused-layouts.ts';
import { CircuitError, type Diagnostic, positionAt, type Source } from '../syntax/diagnostic.ts';

/**
 * Compiles a program in as few stages as possible.
 *
 * @param onProgress receives the number of iterations and statements compiled so far, and of all
 * @param sample row-major data of inputs, by name
 * @returns one stage, with or without parameters, or several that all have parameters
 * @throws CircuitError if no parameters fit one iteration or statement alone, after other stages
 */
export function compileInStages(
  checked: CheckedProgram,
  options: CompileOptions,
  onProgress: (done: number, total: number) => void,
  sample: TypicalValues = new Map(),
): StagedCompilation {
  const watch = (done: number, _steps: number, total: number) => onProgress(done, total);
  const staged = compileStages(checked, options, watch, sample);
  const last = staged.stages.at(-1) as Stage;
  if (staged.isComplete || staged.stages.length === 1) return staged;
  const { choice } = last.compilation.optimized;
  const reason = 'refused' in choice ? choice.refused.reason : '';
  const { stmt } = last.until ?? { stmt: { span: { start: 0, end: 0 } } };
  throw new CircuitError(checked.source, [
    {
      severity: 'error',
      code: 'no-parameters',
      message: `no parameters fit a stage of this iteration or statement alone: ${reason}`,
      span: stmt.span,
      help:
        'the values carried to it may have grown too large: ' +
        'shorter iterations or narrower ranges of inputs help',
    },
  ]);
}

/** Returns stages that all have parameters, as reports show them. */
export function stageFacts({ stages, checked }: StagedCompilation): readonly StageFacts[] {
  const carried = new Set(stages.flatMap((stage) => [...stage.carried]));
  return stages.map((stage) => {
    const { plan, measures, ms } = stage.compilation.optimized as Candidate;
    const inputs = defined(plan).inputs.map(({ name }) => name);
    return {
      until: untilOf(stage, checked.source),
      steps: stage.steps,
      takes: inputs.filter((name) => carried.has(name)),
      plan: defined(plan),
      measures,
      predictedMs: ms,
    };
  });
}

/** Returns a program in one stage, as reports show it; undefined if no parameters fit it. */
export function wholeFacts({ optimized }: Compilation): StageFacts | undefined {
  const { plan, measures, ms: predictedMs } = optimized;
  return plan && { until: 'the end', steps: 1, takes: [], plan, measures, predictedMs };
}

/** Returns where a stage ends, for people. */
function untilOf({ until }: Stage, source: Source): string {
  if (!until) return 'the end';
  const { line } = positionAt(source, until.stmt.span.start);
  if (until.stmt.kind !== 'for' || !until.iteration) return `line ${line}`;
  return `line ${line}, ${until.stmt.index.name} = ${until.iteration.next - 1}`;
}

/** Returns the warnings of all stages, each once. */
export function warningsOf({ checked, stages }: StagedCompilation): readonly Diagnostic[] {
  const all = [
    ...assumedRanges(checked, new Set()),
    ...stages.flatMap(({ compilation: { optimized, warnings } }) => [
      ...warnings,
      ...unusedLayouts(optimized),
      ...(optimized.plan ? uncheckedRing(optimized.plan) : []),
    ]),
  ];
  const unique = new Map(all.map((one) => [`${one.code}@${one.span.start} ${one.message}`, one]));
  return [...unique.values()].sort((a, b) => a.span.start - b.span.start);
}
