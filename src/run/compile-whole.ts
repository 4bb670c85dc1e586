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
 * Compiles a program for data. Inputs without a declared range get that of their data.
 *
 * @param mayRefresh whether an error may suggest `--refresh`: stages have not been tried yet
 * @returns a compilation whose optimized form has a plan, and its warnings
 * @throws CircuitError if no parameters fit, or limits that the options set are exceeded
 * @throws ShoalError if the data cannot be computed with, such as a divisor that is 0
 */
export function compileWhole(
  checked: CheckedProgram,
  instances: readonly Inputs[],
  options: CompileOptions,
  mayRefresh: boolean,
): Findings {
  const { scheme, inputs } = checked;
  // Integers need no range: they are reduced modulo t.
  const undeclared = SCHEMES[scheme.name].isExact ? [] : inputs.filter(({ range }) => !range);
  const ranges = new Map(undeclared.map(({ name }) => [name, rangeOf(instances, name)] as const));
  const ranged = { ...options, ranges };
  const compilation = compileChecked(checked, ranged);
  requireLimits(compilation);
  const findings = findingsOf(compilation, new Set(ranges.keys()));
  if (compilation.optimized.plan) return findings;
  // No parameters fit a divisor whose range contains 0. If it is 0 in the data, report that
  // instead.
  for (const instance of instances) evaluateInClear(compilation.source.circuit, instance, checked);
  throw refuseSize(findings, ranged, mayRefresh);
}

/**
 * Throws if a compilation exceeds the limits that its options set on width and operations.
 *
 * @throws CircuitError `limits-not-met`
 */
export function requireLimits(compilation: Compilation): void {
  const unmet = unmetLimits(compilation).map(
    (warning): ErrorDiagnostic => ({ ...warning, severity: 'error', code: 'limits-not-met' }),
  );
  if (unmet.length > 0) throw new CircuitError(compilation.checked.source, unmet);
}

/**
 * Returns the error for a program that no parameters fit. Compiles variants of the program to say
 * which would fit.
 *
 * @param options the options that it was compiled with
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
      // With other values of its params the program may be incorrect.
      if (error instanceof CircuitError) return false;
      throw error;
    }
  };
  return noParameters(findings, fits, mayRefresh);
}
