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

/** How a program is compiled for data. */
export interface DataCompileOptions extends CompileOptions {
  /**
   * Whether a program of more levels than there are is compiled in stages, between which the client
   * decrypts what is carried over and encrypts it again.
   */
  readonly refresh?: boolean;
  /** Told, where stages are looked for, of the program's steps that are done, and of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A program that is compiled for data: what `evaluateProgram` evaluates. */
export interface CompiledProgram {
  /** One, where parameters fit the whole program. */
  readonly stages: readonly StageFacts[];
  /** How that one was found; not given where there are several. */
  readonly whole?: Compilation;
  /** What the program gives; other outputs of stages are carried to later ones. */
  readonly outputs: readonly { readonly name: string }[];
  /** Operations of all stages together, depth and levels of the deepest. */
  readonly measures: Measures;
  /** In the order of the text. */
  readonly warnings: readonly Diagnostic[];
  /**
   * The clear computation, which results are compared with: the program as written, in float64 or
   * modulo t.
   *
   * @throws ShoalError where the data cannot be computed with
   */
  clear(inputs: Inputs): Outputs;
}

/**
 * Compiles a checked program for data that are complete and within their ranges, which they tell
 * where the text leaves them open.
 *
 * @param instances inputs by name; the first tells how large values are that stages carry
 * @throws CircuitError where no parameters fit, or the aim's limits are not kept
 * @throws ShoalError where the data cannot be computed with
 */
export function compileForData(
  checked: CheckedProgram,
  instances: readonly Inputs[],
  { refresh = false, onProgress, ...options }: DataCompileOptions,
): CompiledProgram {
  const staged = refresh ? compileStaged(checked, instances, options, onProgress) : undefined;
  return staged ?? wholeProgram(compileWhole(checked, instances, options, !refresh));
}

/** The same in as few stages as there have to be; undefined where that is one. */
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
    clear: (inputs) => evaluateInClear(circuit, inputs, checked.scheme.modulus),
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
    clear: (inputs) => evaluateInClear(source.circuit, inputs, checked.scheme.modulus),
  };
}
