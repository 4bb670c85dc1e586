import type { InputType } from '../ir/graph.ts';
import type { Program } from '../syntax/ast.ts';
import { CircuitError, type ErrorDiagnostic, type Source } from '../syntax/diagnostic.ts';
import { parse } from '../syntax/parse.ts';
import type { Exact } from '../tensor/exact.ts';
import type { Shape } from '../tensor/tensor.ts';
import { type Resolution, resolveNames } from './names.ts';
import type { SchemeType } from './scheme.ts';
import { TYPES_ONLY } from './value.ts';
import { Walk } from './walk.ts';

/** A program without errors, from which a circuit can be built. */
export interface CheckedProgram {
  readonly source: Source;
  readonly program: Program;
  readonly names: Resolution;
  readonly defines: ReadonlyMap<string, Exact>;
  readonly scheme: SchemeType;
  readonly inputs: readonly InputType[];
  readonly outputs: readonly OutputType[];
}

/** The name and shape of an output. */
export interface OutputType {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Parses and checks a file: syntax and names, then shapes, secrecy and numeric domain. For the
 * latter it executes the program, with loops and calls expanded. `defines` replaces the values of
 * params. Throws a CircuitError with all errors, in the order of the text.
 */
export function check(
  source: Source,
  defines: ReadonlyMap<string, Exact> = new Map(),
): CheckedProgram {
  const { program, diagnostics, lostNames } = parse(source);
  const problems = [...diagnostics];
  const report = (diagnostic: ErrorDiagnostic): void => void problems.push(diagnostic);
  const names = resolveNames(program, report, lostNames, diagnostics.length === 0);
  const walk = new Walk<undefined>({ program, names, algebra: TYPES_ONLY, defines, report });
  const { scheme, inputs, outputs } = walk.run();
  if (problems.length > 0) {
    throw new CircuitError(
      source,
      problems.sort((a, b) => a.span.start - b.span.start),
    );
  }
  const outputTypes = [...outputs].map(([name, { shape }]) => ({ name, shape }));
  return { source, program, names, defines, scheme, inputs, outputs: outputTypes };
}
