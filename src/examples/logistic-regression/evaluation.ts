import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  BACKENDS,
  brokenPromises,
  brokenToJson,
  type CheckedProgram,
  type CompiledProgram,
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
  requireAllInputs,
  requireRanges,
  ShoalError,
  type StageFacts,
} from '../../index.ts';
import type { EvaluationOptions } from './evaluation-options.ts';
import type { Params } from './programs.ts';
import { machineCostModel } from './read-cost-model.ts';
import { failureReason } from './run-outcome.ts';
import { suggestion } from './suggestion.ts';
import type { TrainingProgress } from './training-progress.ts';

/** What is evaluated, as plain data. */
export interface EvaluationTask {
  /** A circuit. */
  readonly file: string;
  readonly params: Params;
  readonly inputs: readonly GivenInput[];
  readonly options: EvaluationOptions;
}

/** Data of one input. */
export interface GivenInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
  /** Where they come from, for people; empty where they were prepared. */
  readonly file: string;
}

/** What came of an evaluation, and what it took: as `shoal eval --json` tells it. */
export interface EvaluatedModel extends Deviation, Pick<Evaluation, 'jobs' | 'timings' | 'memory'> {
  readonly outputs: { readonly w: readonly number[] };
  readonly optimized: Measures;
  readonly params: ParamsSummary;
  readonly warnings: readonly DiagnosticJson[];
  /** Of one stage: promised errors, and bytes that an encrypted evaluation is predicted to take. */
  readonly predictedError?: number;
  readonly errorBounds?: Readonly<Record<string, number>>;
  readonly predictedMemory?: number | null;
  /** Broken promises. */
  readonly errors?: readonly DiagnosticJson[];
  /** Where there are several: between two of them the client decrypts and encrypts the model. */
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
 * Compiles a circuit for its data, evaluates it, and compares the results with the clear
 * computation.
 *
 * @throws ShoalError, and whatever the library throws
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
      `--memory is for --backend ${BACKENDS[0].name}; ${name} keeps no keys`,
    );
  const inputs = inputsOf(task.inputs, checked);
  const cost = machineCostModel();
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

/** Figures of an evaluation of one plan. */
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
    ...(broken.length > 0 ? { errors: broken.map((one) => brokenToJson(task.file, one)) } : {}),
    predictedError: predictedError(plan),
    errorBounds: errorBounds(plan),
    ...costsOf(evaluation),
    predictedMemory: backend.encrypts ? predicted : null,
    optimized: measures,
    params: paramsOf(plan),
  };
}

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

/** As far as the backend can, so that it fits the memory that is given, where one plan takes all of it. */
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

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ShoalError('cannot-read', `cannot read ${file}: ${failureReason(error)}`);
  }
}

const definesOf = (params: Params) =>
  new Map(Object.entries(params).map(([name, x]) => [name, fromDecimal(`${x}`)]));

/** @throws ShoalError: there is no such pass */
function refusePass(name: string): never {
  const help = suggestion(
    name,
    PASSES.map((candidate) => candidate.name),
  );
  throw new ShoalError('usage', `--passes: unknown pass '${name}'; ${help}`);
}

/** @throws ShoalError where the data are not those that the circuit takes */
function inputsOf(given: readonly GivenInput[], { inputs: declared }: CheckedProgram): Inputs {
  const inputs = new Map(
    given.map(({ name, shape, data, file }) => {
      const place = { file };
      const wanted = declared.find((input) => input.name === name)?.shape;
      if (`${wanted}` !== `${shape}`) {
        const has = wanted ? `an input '${name}' of ${showShape(wanted)}` : `no input '${name}'`;
        const message = `the circuit has ${has}; the data are ${showShape(shape)}`;
        throw new ShoalError('wrong-shape', message, place);
      }
      return [name, { data, locationOf: () => place }] as const;
    }),
  );
  requireAllInputs(inputs, declared, { file: '' });
  requireRanges(inputs, declared);
  return inputs;
}

const showShape = (shape: readonly number[]): string => shape.join(' × ');
