import type { Program } from '../syntax/ast.ts';
import { CircuitError, type Source } from '../syntax/diagnostic.ts';
import { parse } from '../syntax/parse.ts';
import type { Exact } from '../tensor/exact.ts';
import { Walk } from './interpret.ts';
import { checkNames } from './names.ts';
import type { SchemeType } from './scheme.ts';
import { type InputType, TYPES_ONLY } from './value.ts';

/** A program without errors, ready to become a graph. */
export interface CheckedProgram {
  readonly source: Source;
  readonly program: Program;
  readonly defines: ReadonlyMap<string, Exact>;
  readonly scheme: SchemeType;
  readonly inputs: readonly InputType[];
}

/**
 * Parses and checks a file: syntax, names, then shapes, secrecy and numeric domain along the program's
 * own execution with loops and calls expanded. `defines` replaces the values of params.
 * Throws a CircuitError with all problems, in order of their place in the text.
 */
export function check(
  source: Source,
  defines: ReadonlyMap<string, Exact> = new Map(),
): CheckedProgram {
  const { program, diagnostics, lostNames } = parse(source);
  const problems = [...diagnostics, ...checkNames(program, lostNames, diagnostics.length === 0)];
  const walk = new Walk<undefined>({
    program,
    algebra: TYPES_ONLY,
    defines,
    lostNames,
    report: (diagnostic) => problems.push(diagnostic),
  });
  const { scheme, inputs } = walk.run();
  if (problems.length > 0) {
    throw new CircuitError(
      source,
      problems.sort((a, b) => a.span.start - b.span.start),
    );
  }
  return { source, program, defines, scheme, inputs };
}
