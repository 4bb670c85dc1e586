import { buildCircuit } from '../build/build-circuit.ts';
import type { CheckedProgram } from '../check/check-program.ts';
import type { Compilation, CompileOptions } from '../compile/compile.ts';
import type { Inputs } from '../data/inputs.ts';
import type { Measures } from '../plan/measures.ts';
import type { Findings } from '../report/circuit-report.ts';
import { evaluateInClear, type Outputs } from '../report/deviations.ts';
import { measuresOfStages, type StageFacts } from '../report/stage-facts.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { compileInStages, stageFacts, warningsOf, wholeFacts } from './compile-in-stages.ts';
import { compileWhole } from './compile-whole.ts';

/** Options of {@link compileForData}. */
export interface DataCompileOptions extends CompileOptions {
  /**
   * Whether a program with more levels than parameters offer is compiled in stages, between which
   * the client decrypts the carried values and encrypts them again.
   */
  readonly refresh?: boolean;
  /** Receives how many iterations and statements have been compiled to stages, of `total`. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A program compiled for data, ready for `evaluateProgram`. */
export interface CompiledProgram {
  /** A single stage if parameters fit the whole program. */
  readonly stages: readonly StageFacts[];
  /** The compilation of the whole program; missing if there are several stages. */
  readonly whole?: Compilation;
  /** The program's outputs; the other outputs of stages are carried to later ones. */
  readonly outputs: readonly { readonly name: string }[];
  /** Operations of all stages together; depth and levels of the deepest stage. */
  readonly measures: Measures;
  /** In the order of their locations. */
  readonly warnings: readonly Diagnostic[];
  /**
   * Evaluates the program as written in the clear, in float64 or modulo t. Results are compared
   * with this.
   *
   * @throws ShoalError if the data cannot be computed with, such as a divisor that is 0
   */
  clear(inputs: Inputs): Outputs;
}

/**
 * Compiles a checked program for data that are complete and within the declared ranges. Inputs
 * without a declared range get that of their data.
 *
 * @param instances inputs by name; the first shows how large the values are that stages carry
 * @throws CircuitError if no parameters fit, or limits that the options set are exceeded
 * @throws ShoalError if the data cannot be computed with, such as a divisor that is 0
 */
export function compileForData(
  checked: CheckedProgram,
  instances: readonly Inputs[],
  { refresh = false, onProgress, ...options }: DataCompileOptions,
): CompiledProgram {
  const staged = refresh ? compileStaged(checked, instances, options, onProgress) : undefined;
  return staged ?? wholeProgram(compileWhole(checked, instances, options, !refresh));
}

/** Compiles a program in as few stages as possible. Returns undefined if that is one. */
function compileStaged(
  checked: CheckedProgram,
  [sample = new Map()]: readonly Inputs[],
  options: CompileOptions,
  onProgress: (done: number, total: number) => void = () => {},
): CompiledProgram | undefined {
  const values = [...sample].map(([name, { data }]) => [name, [...data]] as const);
  const staged = compileInStages(checked, options, onProgress, new Map(values));
  if (staged.stages.length < 2) return undefined;
  const stages = stageFacts(staged);
  const circuit = buildCircuit(checked);
  return {
    stages,
    outputs: checked.outputs,
    measures: measuresOfStages(stages.map(({ measures }) => measures)),
    warnings: warningsOf(staged),
    clear: (inputs) => evaluateInClear(circuit, inputs, checked),
  };
}

function wholeProgram({ compilation, warnings }: Findings): CompiledProgram {
  const { checked, source, optimized } = compilation;
  const facts = wholeFacts(compilation);
  return {
    stages: facts ? [facts] : [],
    whole: compilation,
    outputs: checked.outputs,
    measures: optimized.measures,
    warnings,
    clear: (inputs) => evaluateInClear(source.circuit, inputs, checked),
  };
}
