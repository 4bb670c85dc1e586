import type { CheckedProgram } from '../check/check-program.ts';
import { type Compilation, type CompileOptions, compile } from '../compile/compile.ts';
import { longestUnoptimizedStage, type StagedCompilation } from '../compile/compile-stages.ts';
import type { CostModel } from '../cost/cost-model.ts';
import { PASSES, passesNamed } from '../passes/pass-list.ts';
import { EVERY_PASS, renderCircuitsAfter } from '../render/passes-text.ts';
import type { Findings } from '../report/circuit-report.ts';
import type { StageFacts } from '../report/stage-facts.ts';
import { compileInStages, wholeFacts } from '../run/compile-in-stages.ts';
import { refuseSize } from '../run/compile-whole.ts';
import { didYouMean, type Source } from '../syntax/diagnostic.ts';
import { chosenCostModel } from './chosen-cost-model.ts';
import type { CompileSettings } from './compile-options.ts';
import { UsageError } from './failure.ts';
import type { Progress, Result } from './outcome.ts';

/** The settings of a command line, with what its files contain. */
export interface LoadedSettings extends CompileSettings {
  readonly cost: CostModel;
}

/**
 * Reads the files that settings name.
 *
 * @throws ShoalError if one is not what it should be, UsageError if it cannot be read
 */
export async function loadSettings(settings: CompileSettings): Promise<LoadedSettings> {
  return { ...settings, cost: await chosenCostModel(settings.costModel) };
}

/** Compiles a circuit by the settings of a command line. */
export function compileAs(
  source: Source,
  settings: LoadedSettings & { readonly explore?: boolean },
): Compilation {
  return compile(source, optionsOf(settings));
}

/** Compiles a program in as few stages as possible, without looking at input data. */
export function compileStagesAs(
  checked: CheckedProgram,
  settings: LoadedSettings,
  onProgress: Progress,
): StagedCompilation {
  const reportProgress = (done: number, total: number) => onProgress(done, total, 'compile');
  return compileInStages(checked, optionsOf(settings), reportProgress);
}

/** Counts the statements that would fit the first stage without optimization. */
export function longestUnoptimizedStageAs(
  { checked }: StagedCompilation,
  settings: LoadedSettings,
): number {
  return longestUnoptimizedStage(checked, optionsOf(settings));
}

/**
 * Returns the options that `compile` takes.
 *
 * @throws UsageError if a pass is unknown
 */
export function optionsOf(
  settings: LoadedSettings & { readonly explore?: boolean },
): CompileOptions {
  const {
    passes,
    printAfter,
    unroll,
    basis,
    budget,
    costModel: _,
    maxLoad: ___,
    refresh: __,
    ...options
  } = settings;
  const names = printAfter.filter((name) => name !== EVERY_PASS);
  passesNamed(names, refusePass('--print-after'));
  return {
    ...options,
    keepCircuits: printAfter.length > 0,
    ...(passes ? { passes: passesNamed(passes, refusePass('--passes')) } : {}),
    ...(unroll === undefined ? {} : { unroll }),
    ...(basis === undefined ? {} : { basis }),
    ...(budget === undefined ? {} : { budget }),
  };
}

/**
 * Returns the plan of a circuit that is compiled in one stage, and its facts.
 *
 * @param mayRefresh whether an error may suggest `--refresh`
 * @throws CircuitError if no parameters fit
 */
export function plannedFacts(
  findings: Findings,
  settings: LoadedSettings,
  mayRefresh: boolean,
): StageFacts {
  const facts = wholeFacts(findings.compilation);
  if (!facts) throw refuseSize(findings, optionsOf(settings), mayRefresh);
  return facts;
}

function refusePass(option: string): (name: string) => never {
  return (name) => {
    const names = PASSES.map((candidate) => candidate.name);
    const similar = didYouMean(name, names);
    const help = similar ? `did you mean '${similar}'?` : `the passes are ${names.join(', ')}`;
    throw new UsageError(`${option}: unknown pass '${name}'; ${help}`);
  };
}

/** Prints the circuits that `--print-after` names, for the chosen compilation of each stage. */
export function circuitsAfterPasses(
  { printAfter }: CompileSettings,
  ...compilations: readonly Compilation[]
): Pick<Result, 'circuits'> {
  return printAfter.length > 0 ? { circuits: renderCircuitsAfter(compilations, printAfter) } : {};
}
