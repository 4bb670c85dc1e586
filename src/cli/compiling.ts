import type { CheckedProgram } from '../check/check.ts';
import { type Compilation, type CompileOptions, compile } from '../compile/compile.ts';
import type { Ranges, Typical } from '../compile/form.ts';
import { compileStages, type Stage, type Staged, stepsAsWritten } from '../compile/stages.ts';
import type { Pass } from '../passes/pass.ts';
import { PASSES } from '../passes/stages.ts';
import { noParameters } from '../report/no-params.ts';
import type { Findings } from '../report/report.ts';
import { unmetLimits } from '../report/unmet-limits.ts';
import { CircuitError, didYouMean, positionAt, type Source } from '../syntax/diagnostic.ts';
import { loadCostModel } from './cost-model.ts';
import { UsageError } from './failure.ts';
import type { CompileSettings, Progress } from './job.ts';

/** Compiles as the command line says. */
export function compileAs(
  source: Source,
  settings: CompileSettings & { readonly explore?: boolean },
  ranges: Ranges = new Map(),
): Compilation {
  return compile(source, optionsOf(settings, ranges));
}

/** Compiles in as few stages as there have to be, as the command line says; for a sample of the inputs, where there are any. */
export function compileStagesAs(
  checked: CheckedProgram,
  settings: CompileSettings,
  onProgress: Progress,
  sample: Typical = new Map(),
): Staged {
  const watch = (from: number, _steps: number, all: number) => onProgress(from, all, 'compile');
  const staged = compileStages(checked, optionsOf(settings), watch, sample);
  const last = staged.stages.at(-1) as Stage;
  if (staged.isComplete || staged.stages.length === 1) return staged;
  const { choice } = last.compilation.optimized;
  const reason = 'refused' in choice ? choice.refused.reason : '';
  const { stmt } = last.until ?? { stmt: { span: { start: 0, end: 0 } } };
  throw new CircuitError(checked.source, [
    {
      severity: 'error',
      code: 'no-parameters',
      message: `no parameters fit a stage of this step alone: ${reason}`,
      span: stmt.span,
      help: 'what is carried there may have grown too large: smaller steps or narrower ranges of inputs help',
    },
  ]);
}

/** Steps that would fit the first stage of a program without optimization. */
export function stepsAsWrittenAs({ checked }: Staged, settings: CompileSettings): number {
  return stepsAsWritten(checked, optionsOf(settings));
}

/** Where a stage ends, for people. */
export function untilOf({ until }: Stage, source: Source): string {
  if (!until) return 'the end';
  const { line } = positionAt(source, until.stmt.span.start);
  if (until.stmt.kind !== 'for' || !until.iteration) return `line ${line}`;
  return `line ${line}, ${until.stmt.index.name} = ${until.iteration.next - 1}`;
}

function optionsOf(
  settings: CompileSettings & { readonly explore?: boolean },
  ranges: Ranges = new Map(),
): CompileOptions {
  const { passes, unroll, budget, refresh: _, ...options } = settings;
  return {
    ...options,
    ranges,
    cost: loadCostModel(),
    ...(passes ? { passes: passes.filter((name) => name !== UNROLL).map(passNamed) } : {}),
    ...(unroll === undefined ? {} : { unroll }),
    ...(budget === undefined ? {} : { budget }),
  };
}

/**
 * Refuses what exceeds the limits that the command line sets.
 *
 * @throws CircuitError
 */
export function demandLimits(compilation: Compilation): void {
  const unmet = unmetLimits(compilation).map((warning) => ({
    ...warning,
    severity: 'error' as const,
  }));
  if (unmet.length > 0) throw new CircuitError(compilation.checked.source, unmet);
}

/** Loops are always expanded when a circuit is built; `--passes` takes the name of what once was a pass. */
const UNROLL = 'unroll';

function passNamed(name: string): Pass {
  const pass = PASSES.find((candidate) => candidate.name === name);
  if (pass) return pass;
  const names = PASSES.map((candidate) => candidate.name);
  const near = didYouMean(name, names);
  const help = near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`;
  throw new UsageError(`--passes: unknown pass '${name}'; ${help}`);
}

/** The error for a circuit that no parameters fit, which tries what would fit. */
export function refuseSize(
  findings: Findings,
  settings: CompileSettings,
  ranges: Ranges = new Map(),
): CircuitError {
  const fits = (source: Source, defines: CompileSettings['defines']): boolean => {
    try {
      const { optimized } = compileAs(source, { ...settings, defines }, ranges);
      return optimized.plan !== undefined;
    } catch (error) {
      // With another number of iterations the program may not even be correct.
      if (error instanceof CircuitError) return false;
      throw error;
    }
  };
  return noParameters(findings, fits, !settings.refresh);
}
