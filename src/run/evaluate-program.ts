import type { EvaluateOptions, Evaluation, Instance, Phase } from '../backends/evaluation.ts';
import { simulate } from '../backends/simulator.ts';
import { type InputData, type Inputs, requireRanges } from '../data/inputs.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { brokenToJson } from '../report/broken-promise.ts';
import { brokenPromises, type Outputs } from '../report/deviations.ts';
import { BACKENDS, evaluatingBackend } from './backends.ts';
import type { CompiledProgram } from './compile-for-data.ts';

/** What of a compiled program is evaluated. */
export interface EvaluableProgram extends Pick<CompiledProgram, 'outputs'> {
  readonly stages: readonly { readonly plan: Plan }[];
}

/** How a program is evaluated, watched and ended. */
export interface ProgramEvaluateOptions extends Omit<EvaluateOptions, 'onProgress'> {
  /** Name of the backend; that of the first of {@link BACKENDS}, if not given. */
  readonly backend?: string;
  /** As that of one plan, with the number of the stage, from 0. */
  readonly onProgress?: (done: number, total: number, phase: Phase, stage: number) => void;
}

/**
 * Outputs of the program; times and bytes of all stages together, of workers and memory the most. After a
 * fault there are no outputs and no further stages.
 */
export interface ProgramEvaluation
  extends Pick<Evaluation, 'outputs' | 'jobs' | 'timings' | 'memory'> {
  readonly stages: readonly Evaluation[];
}

/**
 * Evaluates a program's stages, client and server in one process. Between two of them the client
 * decrypts what is carried over and encrypts it again, with new keys.
 *
 * @param instances inputs by name, complete and within their ranges
 * @throws ShoalError where a stage is further from the clear computation than its plan promises, or
 *   what it carries lies outside the range that the next one is made for
 * @throws RangeError if there is no such backend, or it does not evaluate
 * @throws ShoalError, too, where memory, the data or SEAL do not let it; or the signal's reason
 */
export async function evaluateProgram(
  { stages, outputs }: EvaluableProgram,
  instances: readonly Inputs[],
  { backend: name = BACKENDS[0].name, ...options }: ProgramEvaluateOptions = {},
): Promise<ProgramEvaluation> {
  const backend = evaluatingBackend(name);
  const known = instances.map((inputs): Map<string, InputData> => new Map(inputs));
  const evaluations: Evaluation[] = [];
  for (const [at, { plan }] of stages.entries()) {
    const inputs = known.map(
      (values): Inputs => new Map(plan.inputs.map(({ name }) => [name, defined(values.get(name))])),
    );
    if (at > 0) for (const values of inputs) requireCarried(values, plan, at);
    const given = inputs.map(instanceOf);
    const evaluation = await backend.evaluate(plan, given, optionsAt(at, options));
    evaluations.push(evaluation);
    if (evaluation.fault) return { outputs: [], ...costsOf(evaluations), stages: evaluations };
    // In clear, the stage is what it would be compared with.
    if (stages.length > 1 && backend.encrypts) await requirePromises(plan, given, evaluation, at);
    evaluation.outputs.forEach((results, instance) => {
      for (const [name, data] of results)
        defined(known[instance]).set(name, { data, locationOf: nowhere });
    });
  }
  const results = known.map(
    (values): Outputs => new Map(outputs.map(({ name }) => [name, defined(values.get(name)).data])),
  );
  return { outputs: results, ...costsOf(evaluations), stages: evaluations };
}

/** Inputs as backends take them, which do not ask where data come from. */
export function instanceOf(inputs: Inputs): Instance {
  return { inputs: new Map([...inputs].map(([name, { data }]) => [name, data])) };
}

const nowhere = () => ({ file: '' });

/** The options of one stage. */
function optionsAt(
  stage: number,
  { onProgress, ...options }: Omit<ProgramEvaluateOptions, 'backend'>,
): EvaluateOptions {
  if (!onProgress) return options;
  return { ...options, onProgress: (...told) => onProgress(...told, stage) };
}

/**
 * The next stage could only go on from what this one gives.
 *
 * @throws ShoalError where that is further from what it should be than the stage's plan promises
 */
async function requirePromises(
  plan: Plan,
  given: readonly Instance[],
  { outputs }: Evaluation,
  stage: number,
): Promise<void> {
  const clear = await simulate(plan, given);
  const [broken] = brokenPromises(plan, outputs, clear.outputs);
  if (broken === undefined) return;
  const { message } = brokenToJson('', broken);
  throw new ShoalError('error-bound-exceeded', `stage ${stage + 1}: ${message}`);
}

/** @throws ShoalError where what was decrypted lies outside the range that a stage is made for */
function requireCarried(values: Inputs, { inputs }: Plan, stage: number): void {
  try {
    requireRanges(values, inputs);
  } catch (error) {
    const found = `${(error as Error).message}, which samples of the inputs gave`;
    const help = 'declare ranges of inputs that are nearer to the data, or compile smaller steps';
    const message = `stage ${stage + 1} cannot go on: ${found}; ${help}`;
    throw new ShoalError('carried-out-of-range', message, undefined, error);
  }
}

/** Times and bytes of all stages together; of workers and memory the most. */
function costsOf(
  evaluations: readonly Evaluation[],
): Pick<Evaluation, 'jobs' | 'timings' | 'memory'> {
  const sum = (of: (evaluation: Evaluation) => number) =>
    evaluations.reduce((all, one) => all + of(one), 0);
  const most = (of: (evaluation: Evaluation) => number) => Math.max(...evaluations.map(of));
  return {
    jobs: most(({ jobs }) => jobs),
    timings: {
      setup: sum(({ timings }) => timings.setup),
      keygen: sum(({ timings }) => timings.keygen),
      encrypt: sum(({ timings }) => timings.encrypt),
      evaluate: sum(({ timings }) => timings.evaluate),
      decrypt: sum(({ timings }) => timings.decrypt),
    },
    memory: {
      peakRssBytes: most(({ memory }) => memory.peakRssBytes),
      heapBytes: most(({ memory }) => memory.heapBytes),
      keyBytes: sum(({ memory }) => memory.keyBytes),
      uploadBytes: sum(({ memory }) => memory.uploadBytes),
    },
  };
}
