import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  BACKENDS,
  BUILT_IN_COST,
  brokenPromises,
  brokenPromiseToJson,
  type CheckedProgram,
  type CompiledProgram,
  type CostModel,
  check,
  compileForData,
  type Deviation,
  type DiagnosticJson,
  deviationOf,
  diagnosticToJson,
  type EvaluatingBackend,
  type Evaluation,
  errorBounds,
  evaluateProgram,
  evaluatingBackend,
  fromDecimal,
  type Inputs,
  type Measures,
  measurePlan,
  type Outputs,
  PASSES,
  type Plan,
  type ProgramEvaluation,
  passesNamed,
  planMemory,
  readCostModel,
  requireAllInputs,
  requireRanges,
  ShoalError,
  type StageFacts,
} from '../../index.ts';
import type { EvaluationOptions } from './evaluation-options.ts';
import type { Params } from './programs.ts';
import { failureReason } from './run-outcome.ts';
import { suggestion } from './suggestion.ts';
import type { TrainingProgress } from './training-progress.ts';

/** A circuit to compile and evaluate with its inputs, as plain data that a worker can receive. */
export interface EvaluationTask {
  /** Path of the circuit. */
  readonly file: string;
  readonly params: Params;
  readonly inputs: readonly TaskInput[];
  readonly options: EvaluationOptions;
}

/** The data of one input. */
export interface TaskInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
  /** The file that the data were read from, for messages; empty if they were prepared. */
  readonly file: string;
}

/** The results and costs of an evaluation, with the field names of `shoal eval --json`. */
export interface EvaluatedModel extends Deviation, Pick<Evaluation, 'jobs' | 'timings' | 'memory'> {
  readonly outputs: { readonly w: readonly number[] };
  readonly optimized: Measures;
  readonly params: ParamsSummary;
  readonly warnings: readonly DiagnosticJson[];
  /** Error bounds and predicted memory in bytes; only if there is a single stage. */
  readonly predictedError?: number;
  readonly errorBounds?: Readonly<Record<string, number>>;
  readonly predictedMemory?: number | null;
  /** Broken promises. */
  readonly errors?: readonly DiagnosticJson[];
  /** The stages, if there are several. Between two, the client re-encrypts the model. */
  readonly stages?: readonly StageSummary[];
}

interface ParamsSummary {
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly scaleBits?: number;
  readonly securityBits: number;
}

interface StageSummary
  extends Omit<StageFacts, 'plan' | 'predictedMs'>,
    Pick<Evaluation, 'jobs' | 'timings' | 'memory'> {
  readonly params: ParamsSummary;
  readonly predictedMs: number | null;
  readonly predictedError: number;
}

/**
 * Compiles a circuit for its data, evaluates it, and compares the results with the same computation
 * in the clear.
 *
 * @throws ShoalError for wrong options or inputs, and all errors of the library
 */
export async function evaluateModel(
  task: EvaluationTask,
  onProgress: TrainingProgress,
): Promise<EvaluatedModel> {
  const { file, options } = task;
  const source = { file, text: textOf(file) };
  const checked = check(source, definesOf(task.params));
  const { backend: name, ...evaluating } = options.evaluating;
  const backend = evaluatingBackend(name);
  if (evaluating.memory !== undefined && !backend.withinMemory)
    throw new ShoalError(
      'usage',
      `--memory requires --backend ${BACKENDS[0].name}: ${name} has no keys`,
    );
  const inputs = inputsOf(task.inputs, checked);
  const cost = costModelOf(options.costModel);
  const program = compileForData(checked, [inputs], {
    ...options.compiling,
    ...(options.passes ? { passes: passesNamed(options.passes, refusePass) } : {}),
    cost,
    onProgress: (done, total) => onProgress(done, total, 'compile'),
  });
  const stages = await withinMemory(program.stages, backend, evaluating.memory);
  const several = stages.length > 1;
  const evaluation = await evaluateProgram({ ...program, stages }, [inputs], {
    jobs: availableParallelism(),
    ...evaluating,
    backend: name,
    cost,
    onProgress: (done, total, phase, at) => {
      const stage = several ? `, stage ${at + 1} of ${stages.length}` : '';
      onProgress(done, total, `${phase}${stage}`);
    },
  });
  const clear = program.clear(inputs);
  const warnings = program.warnings.map((warning) => diagnosticToJson(source, warning));
  const [first, ...later] = stages;
  const w = evaluation.outputs[0]?.get('w');
  if (!first || !w) throw new Error('the program has no stage that computes w');
  const figures =
    later.length > 0
      ? figuresOfStages({ ...program, stages }, evaluation)
      : figuresOf(first, evaluation, { task, backend, clear });
  return {
    outputs: { w: [...w] },
    ...deviationOf(evaluation.outputs, [clear]),
    ...figures,
    warnings,
  };
}

type Figures = Omit<EvaluatedModel, 'outputs' | 'warnings' | keyof Deviation>;

/** Returns the costs and error bounds of an evaluation in one stage. */
function figuresOf(
  { plan, measures }: StageFacts,
  evaluation: ProgramEvaluation,
  {
    task,
    backend,
    clear,
  }: {
    readonly task: EvaluationTask;
    readonly backend: EvaluatingBackend;
    readonly clear: Outputs;
  },
): Figures {
  const { memory } = task.options.evaluating;
  const broken = brokenPromises(plan, evaluation.outputs, [clear]);
  const predicted = planMemory(plan, evaluation.jobs, memory).prediction.total;
  return {
    ...(broken.length > 0
      ? { errors: broken.map((promise) => brokenPromiseToJson(task.file, promise)) }
      : {}),
    predictedError: predictedError(plan),
    errorBounds: errorBounds(plan),
    ...costsOf(evaluation),
    predictedMemory: backend.encrypts ? predicted : null,
    optimized: measures,
    params: paramsOf(plan),
  };
}

/** Returns the costs of an evaluation in several stages, in total and for each stage. */
function figuresOfStages(
  { stages, measures }: CompiledProgram,
  evaluation: ProgramEvaluation,
): Figures {
  const levels = ({ measures }: StageFacts): number => measures.levels ?? 0;
  const deepest = stages.reduce((a, b) => (levels(b) > levels(a) ? b : a));
  return {
    ...costsOf(evaluation),
    optimized: measures,
    params: paramsOf(deepest.plan),
    stages: stages.map(({ plan, predictedMs, ...facts }, at) => {
      const evaluated = evaluation.stages[at];
      if (!evaluated) throw new Error(`stage ${at + 1} was not evaluated`);
      return {
        ...facts,
        params: paramsOf(plan),
        predictedMs: predictedMs ?? null,
        predictedError: predictedError(plan),
        ...costsOf(evaluated),
      };
    }),
  };
}

/**
 * Returns the stages adapted to a memory limit in bytes. Only a single stage is adapted, and only
 * if the backend can do that.
 */
async function withinMemory(
  stages: readonly StageFacts[],
  backend: EvaluatingBackend,
  memory: number | undefined,
): Promise<readonly StageFacts[]> {
  const [stage, ...others] = stages;
  if (memory === undefined || !stage || others.length > 0 || !backend.withinMemory) return stages;
  const plan = await backend.withinMemory(stage.plan, memory);
  return plan === stage.plan ? stages : [{ ...stage, plan, measures: measurePlan(plan) }];
}

const predictedError = (plan: Plan): number => Math.max(...Object.values(errorBounds(plan)));

const costsOf = ({ jobs, timings, memory }: Omit<Evaluation, 'outputs'>) => ({
  ...{ jobs, timings, memory },
});

function paramsOf({ params }: Plan): ParamsSummary {
  const { polyModulusDegree, coeffModulusBits, securityBits } = params;
  const scale = 'scaleBits' in params ? { scaleBits: params.scaleBits } : {};
  return { polyModulusDegree, coeffModulusBits, ...scale, securityBits };
}

/** Returns the cost model of `--cost-model`, or the built-in one without that option. */
function costModelOf(file: string | undefined): CostModel {
  return file === undefined ? BUILT_IN_COST : readCostModel({ file, text: textOf(file) });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ShoalError('cannot-read', `cannot read ${file}: ${failureReason(error)}`);
  }
}

const definesOf = (params: Params) =>
  new Map(Object.entries(params).map(([name, x]) => [name, fromDecimal(`${x}`)]));

/** @throws ShoalError always: the pass does not exist */
function refusePass(name: string): never {
  const help = suggestion(
    name,
    PASSES.map((candidate) => candidate.name),
  );
  throw new ShoalError('usage', `--passes: unknown pass '${name}'; ${help}`);
}

/** @throws ShoalError when inputs are missing, or a shape or a range does not match the circuit */
function inputsOf(taskInputs: readonly TaskInput[], { inputs: declared }: CheckedProgram): Inputs {
  const inputs = new Map(
    taskInputs.map(({ name, shape, data, file }) => {
      const location = { file };
      const expected = declared.find((input) => input.name === name)?.shape;
      if (`${expected}` !== `${shape}`) {
        const has = expected
          ? `an input '${name}' of ${showShape(expected)}`
          : `no input '${name}'`;
        const message = `the circuit has ${has}; the data are ${showShape(shape)}`;
        throw new ShoalError('wrong-shape', message, location);
      }
      return [name, { data, locationOf: () => location }] as const;
    }),
  );
  requireAllInputs(inputs, declared, { file: '' });
  requireRanges(inputs, declared);
  return inputs;
}

const showShape = (shape: readonly number[]): string => shape.join(' × ');
