import type { EvaluateOptions, Evaluation, Instance, Phase } from '../backends/evaluation.ts';
import { simulate } from '../backends/simulator.ts';
import { type InputData, type Inputs, requireRanges } from '../data/inputs.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { defined, largestOf } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { brokenPromiseToJson } from '../report/broken-promise.ts';
import { brokenPromises, type Outputs } from '../report/deviations.ts';
import { BACKENDS, evaluatingBackend } from './backends.ts';
import type { CompiledProgram } from './compile-for-data.ts';

/** The parts of a compiled program that an evaluation uses. */
export interface EvaluableProgram extends Pick<CompiledProgram, 'outputs'> {
  readonly stages: readonly { readonly plan: Plan }[];
}

/** Options of {@link evaluateProgram}. */
export interface ProgramEvaluateOptions extends Omit<EvaluateOptions, 'onProgress'> {
  /** Name of the backend; that of the first of {@link BACKENDS} if missing. */
  readonly backend?: string;
  /** As in {@link EvaluateOptions}, with the number of the stage, from 0. */
  readonly onProgress?: (done: number, total: number, phase: Phase, stage: number) => void;
}

/**
 * The outputs of a program and what they cost: times and bytes of all stages together, workers and
 * memory of the stage that took most. After a fault there are no outputs and no further stages.
 */
export interface ProgramEvaluation
  extends Pick<Evaluation, 'outputs' | 'jobs' | 'timings' | 'memory'> {
  readonly stages: readonly Evaluation[];
}

/**
 * Evaluates the stages of a program, client and server in one process. Between two stages the
 * client decrypts the carried values and encrypts them again, with new keys.
 *
 * @param instances inputs by name, complete and within their ranges
 * @throws ShoalError if an output of a stage differs from the clear computation by more than its
 *   error bound, or a carried value lies outside the range that the next stage assumes
 * @throws ShoalError `memory-too-small`, `division-by-zero` or `evaluation-failed`; or the
 *   signal's reason
 * @throws RangeError if there is no such backend, or it does not evaluate
 */
export async function evaluateProgram(
  { stages, outputs }: EvaluableProgram,
  instances: readonly Inputs[],
  { backend: name = BACKENDS[0].name, ...options }: ProgramEvaluateOptions = {},
): Promise<ProgramEvaluation> {
  const backend = evaluatingBackend(name);
  const values = instances.map((inputs): Map<string, InputData> => new Map(inputs));
  const evaluations: Evaluation[] = [];
  for (const [stage, { plan }] of stages.entries()) {
    const inputs = values.map(
      (known): Inputs => new Map(plan.inputs.map(({ name }) => [name, defined(known.get(name))])),
    );
    if (stage > 0) for (const carried of inputs) requireCarried(carried, plan, stage);
    const batch = inputs.map(instanceOf);
    const evaluation = await backend.evaluate(plan, batch, optionsAt(stage, options));
    evaluations.push(evaluation);
    if (evaluation.fault) return { outputs: [], ...costsOf(evaluations), stages: evaluations };
    // A backend that does not encrypt has computed in the clear already.
    if (stages.length > 1 && backend.encrypts)
      await requirePromises(plan, batch, evaluation, stage);
    evaluation.outputs.forEach((results, instance) => {
      for (const [name, data] of results)
        defined(values[instance]).set(name, { data, locationOf: nowhere });
    });
  }
  const results = values.map(
    (known): Outputs => new Map(outputs.map(({ name }) => [name, defined(known.get(name)).data])),
  );
  return { outputs: results, ...costsOf(evaluations), stages: evaluations };
}

/** Returns inputs in the shape that backends take: without the locations of the data. */
export function instanceOf(inputs: Inputs): Instance {
  return { inputs: new Map([...inputs].map(([name, { data }]) => [name, data])) };
}

const nowhere = () => ({ file: '' });

/** Returns the options for one stage. */
function optionsAt(
  stage: number,
  { onProgress, ...options }: Omit<ProgramEvaluateOptions, 'backend'>,
): EvaluateOptions {
  if (!onProgress) return options;
  return { ...options, onProgress: (...progress) => onProgress(...progress, stage) };
}

/**
 * Throws if the outputs of a stage are wrong, because the next stage could only compute with them.
 *
 * @throws ShoalError if an output differs from the clear computation by more than its error bound
 */
async function requirePromises(
  plan: Plan,
  instances: readonly Instance[],
  { outputs }: Evaluation,
  stage: number,
): Promise<void> {
  const clear = await simulate(plan, instances);
  const [broken] = brokenPromises(plan, outputs, clear.outputs);
  if (broken === undefined) return;
  const { message } = brokenPromiseToJson('', broken);
  throw new ShoalError('error-bound-exceeded', `stage ${stage + 1}: ${message}`);
}

/** @throws ShoalError if a decrypted value lies outside the range that a stage assumes */
function requireCarried(values: Inputs, { inputs }: Plan, stage: number): void {
  try {
    requireRanges(values, inputs);
  } catch (error) {
    const found = `${(error as Error).message}, a range that comes from samples of the inputs`;
    const help =
      'declare ranges of inputs that are closer to the data, or write shorter iterations';
    const message = `stage ${stage + 1} cannot go on: ${found}; ${help}`;
    throw new ShoalError('carried-out-of-range', message, undefined, error);
  }
}

/** Returns times and bytes of all stages together, and the largest number of workers and memory. */
function costsOf(
  evaluations: readonly Evaluation[],
): Pick<Evaluation, 'jobs' | 'timings' | 'memory'> {
  const sum = (of: (evaluation: Evaluation) => number) =>
    evaluations.reduce((total, evaluation) => total + of(evaluation), 0);
  const largest = (of: (evaluation: Evaluation) => number) => largestOf(evaluations.map(of));
  return {
    jobs: largest(({ jobs }) => jobs),
    timings: {
      setup: sum(({ timings }) => timings.setup),
      keygen: sum(({ timings }) => timings.keygen),
      encrypt: sum(({ timings }) => timings.encrypt),
      evaluate: sum(({ timings }) => timings.evaluate),
      decrypt: sum(({ timings }) => timings.decrypt),
    },
    memory: {
      peakRssBytes: largest(({ memory }) => memory.peakRssBytes),
      heapBytes: largest(({ memory }) => memory.heapBytes),
      keyBytes: sum(({ memory }) => memory.keyBytes),
      uploadBytes: sum(({ memory }) => memory.uploadBytes),
    },
  };
}
