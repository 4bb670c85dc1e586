/**
 * The shoal library: functions that lead from the text of a circuit to encrypted results. Each
 * takes what the one before it returns.
 *
 * ```ts
 * import { completePlan, compile, evaluateEncrypted } from 'shoal';
 *
 * const text = 'input x: cipher within [-3, 3];\noutput y = x^4 + 2;';
 * const source = { file: 'quartic.circ', text };
 * const { optimized } = compile(source, { optimizationLevel: 3 });
 * const choice = completePlan(optimized.sketch, { precisionBits: 20 });
 * if ('refused' in choice) throw new Error(choice.refused.reason);
 * const inputs = new Map([['x', Float64Array.of(2)]]);
 * const { outputs } = await evaluateEncrypted(choice.plan, [{ inputs }]);
 * console.log(outputs[0]?.get('y')); // Float64Array(1) [ 18.00000001 ]
 * ```
 *
 * For a client and a server that are separate processes there are four functions, on files or
 * bytes. Only evaluation keys and uploads go to the server, which has no secret:
 *
 * ```ts
 * import { decrypt, encrypt, evaluate, keygen } from 'shoal';
 *
 * const keys = await keygen(plan, { directory: 'client' }); // or without a directory, as bytes
 * const upload = await encrypt(plan, keys.secret, { inputs });
 * const result = await evaluate(plan, keys.evaluation, [upload]); // the server
 * const [run] = await decrypt(plan, keys.secret, result, { uploads: [upload] });
 * ```
 *
 * Parameters and error bounds hold for inputs within their ranges. `evaluateEncrypted` does not
 * check the ranges; {@link requireRanges} does.
 *
 * If the data are known when the program is compiled, they give the ranges that the text leaves
 * open, and a program that needs too many levels can be evaluated in stages:
 *
 * ```ts
 * import { check, compileForData, requireRanges, deviationOf, evaluateProgram } from 'shoal';
 * import { readInputFile } from 'shoal';
 *
 * const checked = check(source);
 * const [x] = checked.inputs;
 * const inputs = new Map([[x.name, readInputFile('x.npy', bytes, x)]]);
 * requireRanges(inputs, checked.inputs);
 * const program = compileForData(checked, [inputs], { optimizationLevel: 2, refresh: true });
 * const { outputs } = await evaluateProgram(program, [inputs], { jobs: 4, signal });
 * const { maxAbsError } = deviationOf(outputs, [program.clear(inputs)]);
 * ```
 *
 * The compiler reads no files. A circuit that loads or includes some comes with a function that
 * returns their bytes, by paths relative to the circuit's folder:
 *
 * ```ts
 * const resolve = (path) => readFileSync(join(folder, path));
 * const source = { file: 'model.circ', text, files: { resolve } };
 * ```
 *
 * What a program promises with `within` is checked where the data are known: `program.clear` throws
 * the code `out-of-range` if they break a promise. `evaluateEncrypted` checks nothing of that.
 *
 * A mistake in the text of a circuit throws a {@link CircuitError}, which has a diagnostic for each
 * mistake. Any other error that a user sees is a {@link ShoalError}. Both have the codes and exit
 * statuses of {@link CODES}.
 *
 * @packageDocumentation
 */

import type { EvaluateOptions, Evaluation, Instance } from './backends/evaluation.ts';
import type { Debugged } from './backends/seal/checked-evaluation.ts';
import type { Plan } from './plan/plan.ts';
import { debug, seal } from './run/backends.ts';

export type {
  EvaluateOptions,
  Evaluation,
  Instance,
  MemoryUse,
  Phase,
  Timings,
} from './backends/evaluation.ts';
export type { Debugged } from './backends/seal/checked-evaluation.ts';
export type {
  BudgetCheck,
  ErrorCheck,
  OperandCheck,
  OperationCheck,
  OperationFault,
} from './backends/seal/operation-check.ts';
export { simulate } from './backends/simulator.ts';
export { type CheckedProgram, check } from './check/check-program.ts';
export { type Decrypted, type DecryptOptions, decrypt } from './client-server/decrypt-result.ts';
export { type EncryptOptions, encrypt } from './client-server/encrypt-inputs.ts';
export { type EvaluateUploadsOptions, evaluate } from './client-server/evaluate-uploads.ts';
export { type KeySet, keygen } from './client-server/generate-keys.ts';
export {
  headerOf,
  type Inspection,
  type InspectOptions,
  inspect,
  type PartsOfType,
} from './client-server/inspect-file.ts';
export type {
  ClientServerOptions,
  ClientServerProgress,
  NamedBytes,
  Stored,
  Target,
} from './client-server/stored-files.ts';
export type { Aim } from './compile/candidate.ts';
export {
  type ClientPower,
  type Compilation,
  type CompileOptions,
  compile,
  type PassSnapshot,
} from './compile/compile.ts';
export { type Choice, completePlan } from './compile/complete-plan.ts';
export type { Form, InputRanges } from './compile/form.ts';
export { BUILT_IN_COST } from './cost/built-in-cost.ts';
export type { CostModel } from './cost/cost-model.ts';
export { predictTime } from './cost/predict-time.ts';
export { readCostModel } from './cost/stored-model.ts';
export {
  type InputData,
  type Inputs,
  readInputFile,
  requireAllInputs,
  requireRanges,
} from './data/inputs.ts';
export {
  CODES,
  type Code,
  type ErrorCode,
  type ErrorStatus,
  type WarningCode,
} from './errors/codes.ts';
export type { Location, Position } from './errors/location.ts';
export { hasCode, ShoalError } from './errors/shoal-error.ts';
export type { FileKind, Header, PartType } from './files/container-format.ts';
export { planDigest } from './files/plan-identity.ts';
export type { Circuit } from './ir/graph.ts';
export { withFewerKeys } from './memory/fewer-keys.ts';
export { type MemoryPlan, planMemory } from './memory/memory-budget.ts';
export type { MemoryLimits } from './memory/memory-error.ts';
export { type MemoryPrediction, predictMemory } from './memory/predict-memory.ts';
export type { LayoutChoice } from './packing/layout-choices.ts';
export { type OptimizationLevel, PASSES, passesNamed } from './passes/pass-list.ts';
export type { PassFacts, PassRecord } from './passes/run-passes.ts';
export { uploadBytes } from './plan/ciphertext-bytes.ts';
export type { Measures, OperationCounts } from './plan/measures.ts';
export { type WholeOutput, wholeOutputs } from './plan/outputs.ts';
export type {
  CkksParams,
  CkksPlan,
  IntegerParams,
  IntegerPlan,
  Plan,
  PlanInput,
  PlanOp,
  PlanOutput,
  PlanSketch,
} from './plan/plan.ts';
export { planToText } from './plan-files/plan-text.ts';
export { readPlan } from './plan-files/read-plan.ts';
export { renderDiagnostic } from './render/diagnostic-text.ts';
export { brokenPromiseToJson } from './report/broken-promise.ts';
export { errorBounds } from './report/circuit-report.ts';
export {
  type BrokenPromise,
  brokenPromises,
  type Deviation,
  deviationOf,
  type Outputs,
} from './report/deviations.ts';
export { measurePlan } from './report/measure-plan.ts';
export type { StageFacts } from './report/stage-facts.ts';
export type {
  Backend,
  BackendRequirement,
  Emission,
  EmittedFiles,
  EmittedText,
  EmittingBackend,
  EvaluatingBackend,
} from './run/backend.ts';
export { BACKENDS, EVALUATING_BACKENDS, evaluatingBackend } from './run/backends.ts';
export {
  type CompiledProgram,
  compileForData,
  type DataCompileOptions,
} from './run/compile-for-data.ts';
export {
  type EvaluableProgram,
  evaluateProgram,
  type ProgramEvaluateOptions,
  type ProgramEvaluation,
} from './run/evaluate-program.ts';
export { type ChainSizes, planWithSizes } from './schemes/ckks/choose-params.ts';
export {
  type ModulusLimit,
  offeredRings,
  SECURITY_BITS,
  type SecurityBits,
  type SecurityRequest,
} from './schemes/security.ts';
export {
  CircuitError,
  type Diagnostic,
  type DiagnosticJson,
  diagnosticToJson,
  type ErrorDiagnostic,
  type FileAccess,
  type FileResolver,
  positionAt,
  type Source,
  type Span,
  type Warning,
} from './syntax/diagnostic.ts';
export { format } from './syntax/format-source.ts';
export { type Exact, fromDecimal } from './tensor/exact.ts';
export type { Counterexample } from './verify/counterexample.ts';
export {
  compareCircuits,
  type Equivalence,
  type EquivalenceOptions,
} from './verify/equivalence.ts';

/**
 * Encrypts, evaluates and decrypts with SEAL, client and server in one process, on up to `jobs`
 * threads. SEAL is loaded at the first call; compiling never loads it.
 *
 * @param instances inputs by name, row-major; a batchable plan evaluates many of them at once
 */
export async function evaluateEncrypted(
  plan: Plan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  return seal.evaluate(plan, instances, options);
}

/**
 * Does the same and checks every operation: decrypts its ciphertext and compares it with the value
 * computed in the clear. Stops at the first operation whose error exceeds its predicted bound; for
 * integers, at the first that is wrong modulo t, or has no noise budget left or less than
 * predicted. The result is as secret as the inputs.
 */
export async function evaluateChecked(
  plan: Plan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Debugged> {
  return debug.evaluate(plan, instances, options);
}
