import type { CheckedProgram } from '../check/check-program.ts';
import {
  type Compilation,
  type CompileOptions,
  compile,
  compileChecked,
} from '../compile/compile.ts';
import { type Inputs, rangeOf } from '../data/inputs.ts';
import { type Findings, findingsOf } from '../report/circuit-report.ts';
import { evaluateInClear } from '../report/deviations.ts';
import { noParameters } from '../report/no-params.ts';
import { unmetLimits } from '../report/unmet-limits.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { CircuitError, type ErrorDiagnostic, type Source } from '../syntax/diagnostic.ts';

/**
 * Compiles a program for data, which tell the ranges of inputs that its text leaves open.
 *
 * @param mayRefresh whether to compile in stages has not been tried
 * @returns a compilation whose optimized form has a plan, and what there is to warn of
 * @throws CircuitError where no parameters fit, or the aim's limits are not kept
 * @throws ShoalError where the data cannot be computed with
 */
export function compileWhole(
  checked: CheckedProgram,
  instances: readonly Inputs[],
  options: CompileOptions,
  mayRefresh: boolean,
): Findings {
  const { scheme, inputs } = checked;
  // Integers are taken modulo t, whatever they are.
  const untold = SCHEMES[scheme.name].isExact ? [] : inputs.filter(({ range }) => !range);
  const ranges = new Map(untold.map(({ name }) => [name, rangeOf(instances, name)] as const));
  const ranged = { ...options, ranges };
  const compilation = compileChecked(checked, ranged);
  requireLimits(compilation);
  const findings = findingsOf(compilation, new Set(ranges.keys()));
  if (compilation.optimized.plan) return findings;
  // A divisor that is 0 in the data has no range either; the data are what is wrong then.
  for (const instance of instances)
    evaluateInClear(compilation.source.circuit, instance, scheme.modulus);
  throw refuseSize(findings, ranged, mayRefresh);
}

/**
 * Refuses what exceeds the limits that are set to width and operations.
 *
 * @throws CircuitError
 */
export function requireLimits(compilation: Compilation): void {
  const unmet = unmetLimits(compilation).map(
    (warning): ErrorDiagnostic => ({ ...warning, severity: 'error', code: 'limits-not-met' }),
  );
  if (unmet.length > 0) throw new CircuitError(compilation.checked.source, unmet);
}

/**
 * The error for a circuit that no parameters fit, which tries what would fit.
 *
 * @param options those that it was compiled with
 */
export function refuseSize(
  findings: Findings,
  options: CompileOptions,
  mayRefresh: boolean,
): CircuitError {
  const fits = (source: Source, defines: CheckedProgram['defines']): boolean => {
    try {
      return compile(source, { ...options, defines }).optimized.plan !== undefined;
    } catch (error) {
      // With another number of iterations the program may not even be correct.
      if (error instanceof CircuitError) return false;
      throw error;
    }
  };
  return noParameters(findings, fits, mayRefresh);
}
