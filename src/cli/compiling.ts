import { type Compilation, compile } from '../compile/compile.ts';
import type { Ranges } from '../compile/form.ts';
import type { Pass } from '../passes/pass.ts';
import { PASSES } from '../passes/stages.ts';
import { noParameters } from '../report/no-params.ts';
import type { Findings } from '../report/report.ts';
import { unmetLimits } from '../report/unmet-limits.ts';
import { CircuitError, didYouMean, type Source } from '../syntax/diagnostic.ts';
import { loadCostModel } from './cost-model.ts';
import { UsageError } from './failure.ts';
import type { CompileSettings } from './job.ts';

/** Compiles as the command line says. */
export function compileAs(
  source: Source,
  settings: CompileSettings & { readonly explore?: boolean },
  ranges: Ranges = new Map(),
): Compilation {
  const { passes, unroll, budget, ...options } = settings;
  return compile(source, {
    ...options,
    ranges,
    cost: loadCostModel(),
    ...(passes ? { passes: passes.map(passNamed) } : {}),
    ...(unroll === undefined ? {} : { unroll }),
    ...(budget === undefined ? {} : { budget }),
  });
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
  return noParameters(findings, (source, defines) => {
    try {
      const { optimized } = compileAs(source, { ...settings, defines }, ranges);
      return optimized.plan !== undefined;
    } catch (error) {
      // With another number of iterations the program may not even be correct.
      if (error instanceof CircuitError) return false;
      throw error;
    }
  });
}
