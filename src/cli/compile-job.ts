import type { CheckedProgram } from '../check/check-program.ts';
import { type Compilation, type CompileOptions, compile } from '../compile/compile.ts';
import { type Staged, stepsAsWritten } from '../compile/compile-stages.ts';
import { PASSES, passesNamed } from '../passes/pass-list.ts';
import { EVERY_PASS, renderSteps } from '../render/passes-text.ts';
import { compileInStages } from '../run/compile-in-stages.ts';
import { didYouMean, type Source } from '../syntax/diagnostic.ts';
import type { CompileSettings } from './compile-options.ts';
import { UsageError } from './failure.ts';
import type { Progress, Result } from './outcome.ts';
import { loadCostModel } from './stored-cost-model.ts';

/** Compiles as the command line says. */
export function compileAs(
  source: Source,
  settings: CompileSettings & { readonly explore?: boolean },
): Compilation {
  return compile(source, optionsOf(settings));
}

/** Compiles in as few stages as there have to be, as the command line says, for no data in particular. */
export function compileStagesAs(
  checked: CheckedProgram,
  settings: CompileSettings,
  onProgress: Progress,
): Staged {
  const watch = (done: number, total: number) => onProgress(done, total, 'compile');
  return compileInStages(checked, optionsOf(settings), watch);
}

/** Steps that would fit the first stage of a program without optimization. */
export function stepsAsWrittenAs({ checked }: Staged, settings: CompileSettings): number {
  return stepsAsWritten(checked, optionsOf(settings));
}

/** What the library is asked for. */
export function optionsOf(
  settings: CompileSettings & { readonly explore?: boolean },
): CompileOptions {
  const { passes, printAfter, unroll, budget, refresh: _, ...options } = settings;
  const names = printAfter.filter((name) => name !== EVERY_PASS);
  passesNamed(names, refusePass('--print-after'));
  return {
    ...options,
    cost: loadCostModel(),
    keepCircuits: printAfter.length > 0,
    ...(passes ? { passes: passesNamed(passes, refusePass('--passes')) } : {}),
    ...(unroll === undefined ? {} : { unroll }),
    ...(budget === undefined ? {} : { budget }),
  };
}

function refusePass(option: string): (name: string) => never {
  return (name) => {
    const names = PASSES.map((candidate) => candidate.name);
    const near = didYouMean(name, names);
    const help = near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`;
    throw new UsageError(`${option}: unknown pass '${name}'; ${help}`);
  };
}

/** What `--print-after` asks for of the circuits that were chosen, one for each stage. */
export function stepsAs(
  { printAfter }: CompileSettings,
  ...compilations: readonly Compilation[]
): Pick<Result, 'steps'> {
  return printAfter.length > 0 ? { steps: renderSteps(compilations, printAfter) } : {};
}
