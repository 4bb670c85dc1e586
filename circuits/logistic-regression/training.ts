import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Matrix } from 'ml-matrix';
import { UsageError } from '../../src/cli/failure.ts';
import type { EvalJob, Progress, Status } from '../../src/cli/job.ts';
import { parseArguments } from '../../src/cli/program.ts';
import { readBytes } from '../../src/cli/read.ts';
import { untilInterrupted } from '../../src/cli/terminal.ts';
import { runInWorker } from '../../src/cli/watched.ts';
import { readInputFile } from '../../src/data/inputs.ts';
import { didYouMean } from '../../src/syntax/diagnostic.ts';
import { accuracy, observed } from './clear.ts';
import { writeDataFiles } from './files.ts';
import { type DataName, type Prepared, prepare } from './prepare.ts';
import { type Params, PROGRAMS, type ProgramName, type TrainingProgram } from './programs.ts';

/** What a training is asked for. */
export interface TrainingRequest {
  /** Name of one of the circuits, or a file that is called like one. */
  readonly circuit: string;
  readonly data: DataName;
  /** Steps: minibatches, where each step has its own. */
  readonly steps: number;
  /** Times that each minibatch is used. */
  readonly epochs: number;
  /** Samples in a batch; the program's own number, where not given. */
  readonly samples: number | undefined;
  readonly skip: number;
  readonly seed: number;
  /** File of weights to start from; zero, where not given. */
  readonly start: string | undefined;
  readonly params: ReadonlyMap<string, number>;
  /** Further options of `shoal eval`. */
  readonly evalOptions: readonly string[];
}

/** What of `shoal eval --json` is shown here. */
export interface Evaluated {
  readonly outputs: { readonly w: readonly number[] };
  readonly predictedError: number;
  readonly jobs: number;
  readonly timings: Readonly<Record<'keygen' | 'encrypt' | 'evaluate' | 'decrypt', number>>;
  readonly memory: { readonly keyBytes: number; readonly uploadBytes: number };
  readonly optimized: {
    readonly depth: number;
    readonly levels: number;
    readonly ops: { readonly mul: number; readonly rotate: number };
  };
  readonly params: {
    readonly polyModulusDegree: number;
    readonly coeffModulusBits: readonly number[];
    readonly securityBits: number;
  };
  /** Where the program was compiled in stages, in all but the last of which the model was encrypted anew. */
  readonly stages?: readonly { readonly until: string; readonly steps: number }[];
  /** Broken promises. */
  readonly errors?: readonly { readonly message: string }[];
}

/** A model that was trained, beside the same in clear. */
export interface Trained {
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
  readonly backend: EvalJob['backend'];
  readonly evaluation: Evaluated;
  /** Largest difference of a weight from the one that float64 arithmetic in clear gives. */
  readonly maxWeightError: number;
  readonly largestWeight: number;
  /** Largest magnitude of what the polynomial was taken of, in clear, and that for which it was made. */
  readonly largestArgument: number;
  readonly domain: number;
  /** Shares of test samples that are told right. */
  readonly accuracy: {
    readonly evaluated: number;
    readonly clear: number;
    readonly exact: number;
  };
  /** Name of the function that the polynomial stands for. */
  readonly exact: string;
}

/** What `shoal eval` refuses, or fails at: its exit status, and its document of errors. */
export interface Refused {
  readonly status: Status;
  readonly document: string;
}

/**
 * Prepares batches, trains on them encrypted as `shoal eval` evaluates, and in clear, and tests both models.
 *
 * @throws UsageError, FileError
 */
export async function train(
  request: TrainingRequest,
  onProgress: Progress,
): Promise<Trained | Refused> {
  const { name, file } = programNamed(request.circuit);
  const program: TrainingProgram = PROGRAMS[name];
  demandOptions(request, program);
  const { data, steps, epochs, skip, seed, samples = program.samples } = request;
  const batches = program.minibatches ? steps : 1;
  const { scaling } = program;
  const prepared = prepare({ data, scaling, batches, samples, skip, seed });
  const { width, test, classes } = prepared;
  const start = startOf(request, width);
  const params = paramsOf(request, program, start);
  const sizes = { k: steps, n: samples, f: width, ...(program.epochs ? { epochs } : {}) };
  const subject = { file, program, prepared, start, params: { ...params, ...sizes } };
  const outcome = await evaluate(subject, request.evalOptions, onProgress);
  if ('status' in outcome) return outcome;
  const { job, evaluation } = outcome;
  const clear = trainInClear(program, prepared, { start, steps: steps * epochs, params });
  const { w } = evaluation.outputs;
  return {
    circuit: file,
    ...{ data, classes, minibatches: program.minibatches, steps, epochs, samples, width, params },
    tested: test.labels.length,
    backend: job.backend,
    evaluation,
    maxWeightError: w.reduce((most, x, j) => Math.max(most, Math.abs(x - clear.weights[j]!)), 0),
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

/** @throws UsageError where there is no such program */
function programNamed(circuit: string): { readonly name: ProgramName; readonly file: string } {
  const name = basename(circuit, '.circ');
  if (!Object.hasOwn(PROGRAMS, name)) {
    const names = Object.keys(PROGRAMS);
    const near = didYouMean(name, names);
    const help = near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`;
    throw new UsageError(`--circuit: nothing is known of training with '${circuit}'; ${help}`);
  }
  const own = fileURLToPath(new URL(`${name}.circ`, import.meta.url));
  return { name: name as ProgramName, file: circuit === name ? relative('', own) : circuit };
}

/**
 * Refuses what needs no look at the data.
 *
 * @throws UsageError
 */
function demandOptions(
  { circuit, start, epochs, params, evalOptions }: TrainingRequest,
  program: TrainingProgram,
): void {
  if (start !== undefined && program.start === 'zero')
    throw new UsageError(`--start is of no use: ${circuit} starts from zero weights`);
  if (epochs > 1 && !program.epochs)
    throw new UsageError(`--epochs is of no use: ${circuit} takes each minibatch once`);
  if (params.has('epochs')) throw new UsageError('-D epochs: give --epochs instead');
  const sized = ['k', 'n', 'f'].find((name) => params.has(name));
  if (sized === 'f') throw new UsageError('-D f: the data say how many features there are');
  if (sized !== undefined) throw new UsageError(`-D ${sized}: give -${sized} instead`);
  evalJob(['eval', circuit, ...evalOptions]);
}

/** @throws UsageError where there is no such file; FileError where it does not hold as many as wanted */
function startOf({ start }: TrainingRequest, width: number): Float64Array {
  if (start === undefined) return new Float64Array(width);
  return readInputFile(start, readBytes(start), { name: 'w0', shape: [width] }).data;
}

/** The program's params: what suits the data, what the start needs, what the user says. */
function paramsOf(
  { data, start: given, params }: TrainingRequest,
  program: TrainingProgram,
  start: Float64Array,
): Params {
  const largest = Math.ceil(start.reduce((most, x) => Math.max(most, Math.abs(x)), 1));
  return {
    ...program.params[data],
    ...(program.start === 'zero' ? {} : { largest, start: given === undefined ? 0 : 1 }),
    ...Object.fromEntries(params),
  };
}

interface Subject {
  readonly file: string;
  readonly program: TrainingProgram;
  readonly prepared: Prepared;
  readonly start: Float64Array;
  readonly params: Params;
}

/** Evaluates as `shoal eval` does, with files of data that are gone afterwards. */
async function evaluate(
  { file, program, prepared, start, params }: Subject,
  options: readonly string[],
  onProgress: Progress,
): Promise<Refused | { readonly job: EvalJob; readonly evaluation: Evaluated }> {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-train-'));
  const interruption = untilInterrupted();
  try {
    writeDataFiles(directory, prepared, { stacked: program.minibatches, start });
    const inputs = ['Z=Z.npy', ...(program.start === 'zero' ? [] : ['w0=w0.json'])];
    const job = evalJob([
      ...['eval', file, ...options],
      ...Object.entries(params).flatMap(([name, value]) => ['-D', `${name}=${value}`]),
      ...inputs.flatMap((input) => ['--input', input.replace('=', `=${directory}/`)]),
    ]);
    const view = { json: true, quiet: true, color: { out: false, err: false } };
    const watch = { signal: interruption.signal, progress: onProgress };
    const { status, stdout } = await runInWorker(job, view, watch);
    const document = JSON.parse(stdout) as Evaluated;
    // A broken promise is an error with outputs.
    return document.outputs ? { job, evaluation: document } : { status, document: stdout };
  } finally {
    interruption.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @throws UsageError for options that `eval` does not know, or that have no use here */
function evalJob(argv: readonly string[]): EvalJob {
  const request = parseArguments(argv);
  if (!('job' in request) || request.job.command !== 'eval')
    throw new UsageError('--backend debug has no use here: give it to shoal eval');
  const { job } = request;
  if (job.compare) throw new UsageError('--compare has no use here: give -O 0 for the source form');
  if (job.vectors !== undefined || job.inputs !== undefined)
    throw new UsageError('the data are those of --data: --inputs and --vectors have no use here');
  return job;
}

/** The same training in clear, with the polynomial and with the function that it stands for. */
function trainInClear(
  { method, approximate, argument, exact }: TrainingProgram,
  { batches }: Prepared,
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
