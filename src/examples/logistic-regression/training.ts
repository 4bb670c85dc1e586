import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { Matrix } from 'ml-matrix';
import { readInputFile, ShoalError } from '../../index.ts';
import { batchTensor } from './data-files.ts';
import { evaluateInWorker } from './evaluate-in-worker.ts';
import type { EvaluatedModel, TaskInput } from './evaluation.ts';
import type { EvaluationOptions } from './evaluation-options.ts';
import { whileNotInterrupted } from './interruption.ts';
import { circuitFile } from './paths.ts';
import { type DataName, type PreparedData, prepare } from './prepare.ts';
import { type Params, PROGRAMS, type ProgramName, type TrainingProgram } from './programs.ts';
import { failureReason, type RunRefusal } from './run-outcome.ts';
import { suggestion } from './suggestion.ts';
import { accuracy, observed } from './train-in-clear.ts';
import type { TrainingProgress } from './training-progress.ts';

/** The options of a training. */
export interface TrainingRequest {
  /** Name of a circuit, or path of a file that has the name of one. */
  readonly circuit: string;
  readonly data: DataName;
  /** Number of steps; also of minibatches, if each step has its own. */
  readonly steps: number;
  /** How often each minibatch is used. */
  readonly epochs: number;
  /** Samples in a batch; undefined means the default of the program. */
  readonly samples: number | undefined;
  readonly skip: number;
  readonly seed: number;
  /** File of initial weights; undefined means zero weights. */
  readonly start: string | undefined;
  readonly params: ReadonlyMap<string, number>;
  readonly evaluation: EvaluationOptions;
}

/** The result of a training, compared with the same training in the clear. */
export interface TrainingResult {
  readonly circuit: string;
  readonly data: DataName;
  readonly classes: readonly [string, string];
  readonly minibatches: boolean;
  readonly steps: number;
  readonly epochs: number;
  readonly samples: number;
  readonly width: number;
  readonly tested: number;
  readonly params: Params;
  readonly backend: EvaluationOptions['evaluating']['backend'];
  readonly evaluation: EvaluatedModel;
  /** Largest difference of a weight from the one that training in the clear gives. */
  readonly maxWeightError: number;
  readonly largestWeight: number;
  /**
   * Largest magnitude of an argument of the polynomial in the clear, and the largest one that the
   * polynomial approximates well.
   */
  readonly largestArgument: number;
  readonly domain: number;
  /** Shares of test samples that are classified correctly. */
  readonly accuracy: {
    readonly evaluated: number;
    readonly clear: number;
    readonly exact: number;
  };
  /** Name of the function that the polynomial approximates. */
  readonly exact: string;
}

/**
 * Prepares batches, trains on them encrypted and in the clear, and tests both models.
 *
 * @throws ShoalError when an option is wrong or a file cannot be read
 */
export async function train(
  request: TrainingRequest,
  onProgress: TrainingProgress,
): Promise<TrainingResult | RunRefusal> {
  const { name, file } = programNamed(request.circuit);
  const program: TrainingProgram = PROGRAMS[name];
  requireOptions(request, program);
  const { data, steps, epochs, skip, seed, samples = program.samples } = request;
  const batches = program.minibatches ? steps : 1;
  const { scaling } = program;
  const prepared = prepare({ data, scaling, batches, samples, skip, seed });
  const { width, test, classes } = prepared;
  const start = startOf(request, width);
  const params = paramsOf(request, program, start);
  const sizes = { k: steps, n: samples, f: width, ...(program.epochs ? { epochs } : {}) };
  const task = {
    file,
    params: { ...params, ...sizes },
    inputs: inputsOf(prepared, program, { start, file: request.start ?? '' }),
    options: request.evaluation,
  };
  const evaluation = await whileNotInterrupted((signal) =>
    evaluateInWorker(task, signal, onProgress),
  );
  if ('status' in evaluation) return evaluation;
  const clear = trainInClear(program, prepared, { start, steps: steps * epochs, params });
  const { w } = evaluation.outputs;
  return {
    circuit: file,
    ...{ data, classes, minibatches: program.minibatches, steps, epochs, samples, width, params },
    tested: test.labels.length,
    backend: request.evaluation.evaluating.backend,
    evaluation,
    maxWeightError: w.reduce(
      (most, x, j) => Math.max(most, Math.abs(x - (clear.weights[j] ?? Number.NaN))),
      0,
    ),
    largestWeight: w.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
    largestArgument: clear.largestArgument,
    domain: program.domain(params),
    accuracy: {
      evaluated: accuracy(w, test),
      clear: accuracy(clear.weights, test),
      exact: accuracy(clear.exact, test),
    },
    exact: program.exact.name,
  };
}

/** @throws ShoalError when no program has that name */
function programNamed(circuit: string): { readonly name: ProgramName; readonly file: string } {
  const name = basename(circuit, '.circ');
  if (!Object.hasOwn(PROGRAMS, name)) {
    const help = suggestion(name, Object.keys(PROGRAMS));
    throw new ShoalError('usage', `--circuit: no training program is named '${circuit}'; ${help}`);
  }
  const ownFile = relative('', circuitFile(`${name}.circ`));
  return { name: name as ProgramName, file: circuit === name ? ownFile : circuit };
}

/**
 * Checks the options that can be checked without the data.
 *
 * @throws ShoalError when one of them does not fit the program
 */
function requireOptions(
  { circuit, start, epochs, params }: TrainingRequest,
  program: TrainingProgram,
): void {
  if (start !== undefined && program.start === 'zero')
    throw new ShoalError('usage', `--start has no effect: ${circuit} starts from zero weights`);
  if (epochs > 1 && !program.epochs)
    throw new ShoalError('usage', `--epochs has no effect: ${circuit} uses each minibatch once`);
  if (params.has('epochs')) throw new ShoalError('usage', '-D epochs: give --epochs instead');
  const sized = ['k', 'n', 'f'].find((name) => params.has(name));
  if (sized === 'f')
    throw new ShoalError('usage', '-D f: the data determine the number of features');
  if (sized !== undefined) throw new ShoalError('usage', `-D ${sized}: give -${sized} instead`);
}

/** @throws ShoalError when the file cannot be read, or does not have one weight per feature */
function startOf({ start }: TrainingRequest, width: number): Float64Array {
  if (start === undefined) return new Float64Array(width);
  return readInputFile(start, bytesOf(start), { name: 'w0', shape: [width] }).data;
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ShoalError('usage', `cannot read ${file}: ${failureReason(error)}`);
  }
}

/** Returns the params: defaults of the data set, then of the weights, then the user's own. */
function paramsOf(
  { data, start: startFile, params }: TrainingRequest,
  program: TrainingProgram,
  start: Float64Array,
): Params {
  const largest = Math.ceil(start.reduce((most, x) => Math.max(most, Math.abs(x)), 1));
  return {
    ...program.params[data],
    ...(program.start === 'zero' ? {} : { largest, start: startFile === undefined ? 0 : 1 }),
    ...Object.fromEntries(params),
  };
}

/** Returns the inputs: all batches and, unless the program starts from zero, the weights. */
function inputsOf(
  prepared: PreparedData,
  program: TrainingProgram,
  { start, file }: { readonly start: Float64Array; readonly file: string },
): readonly TaskInput[] {
  const batches = { name: 'Z', ...batchTensor(prepared, program.minibatches), file: '' };
  if (program.start === 'zero') return [batches];
  return [batches, { name: 'w0', shape: [start.length], data: start, file }];
}

/** Trains in the clear, with the polynomial and with the function that it approximates. */
function trainInClear(
  { method, approximate, argument, exact }: TrainingProgram,
  { batches }: PreparedData,
  { start, steps, params }: { start: Float64Array; steps: number; params: Params },
) {
  const training = {
    batches: batches.map((rows) => new Matrix(rows.map((row) => [...row]))),
    start: Matrix.columnVector(start),
    steps,
    params,
  };
  const { slope, largest } = observed(approximate(params), argument);
  return {
    weights: method({ ...training, slope }).to1DArray(),
    largestArgument: largest(),
    exact: method({ ...training, slope: exact.slope }).to1DArray(),
  };
}
