import { CircuitFiles } from '../arrays/circuit-files.ts';
import type { InputType } from '../ir/graph.ts';
import { CircuitError, type ErrorDiagnostic, type Source } from '../syntax/diagnostic.ts';
import type { Exact } from '../tensor/exact.ts';
import type { Shape } from '../tensor/tensor.ts';
import { type LinkedProgram, linkFiles } from './link-files.ts';
import { type Resolution, resolveNames } from './names.ts';
import type { SchemeType } from './scheme.ts';
import { TYPES_ONLY } from './value.ts';
import { Walk } from './walk.ts';

/** A program without errors, from which a circuit can be built. */
export interface CheckedProgram {
  /** The main text with the included ones. */
  readonly source: Source;
  readonly linked: LinkedProgram;
  /** The files that it has read. */
  readonly files: CircuitFiles;
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
  const files = new CircuitFiles(source.files);
  const linked = linkFiles(source, files);
  const problems = [...linked.diagnostics];
  const report = (diagnostic: ErrorDiagnostic): void => void problems.push(diagnostic);
  const names = resolveNames(linked, report);
  const walk = new Walk<undefined>({ linked, files, names, algebra: TYPES_ONLY, defines, report });
  const { scheme, inputs, outputs } = walk.run();
  if (problems.length > 0) {
    throw new CircuitError(
      linked.source,
      problems.sort((a, b) => a.span.start - b.span.start),
    );
  }
  const declared = linked.main.program.items.filter(({ kind }) => kind === 'output');
  if (outputs.size < declared.length) throw new Error('an output has no value');
  const outputTypes = [...outputs].map(([name, { shape }]) => ({ name, shape }));
  const read = { linked, files, names, defines };
  return { source: linked.source, ...read, scheme, inputs, outputs: outputTypes };
}
