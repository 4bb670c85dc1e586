import { parseJson } from '../arrays/json-file.ts';
import {
  type InputData,
  type Inputs,
  type RangedInput,
  readInputFile,
  readInputs,
  requireAllInputs,
  requireIntegers,
  requireRanges,
  unknownName,
} from '../data/inputs.ts';
import type { TensorDeclaration } from '../data/json-tensors.ts';
import { readVectors, type TestVectors } from '../data/test-vectors.ts';
import type { Plan } from '../plan/plan.ts';
import { UsageError } from './failure.ts';
import { readBytes, readText } from './read-files.ts';

/** The input data that a command line names. */
export interface DataJob {
  readonly inputs: string | undefined;
  /** Files with one input each, by input name. */
  readonly input: ReadonlyMap<string, string>;
}

/** Input data or test vectors. */
export interface EvalDataJob extends DataJob {
  readonly vectors: string | undefined;
}

/** The inputs and outputs of a circuit or plan. */
export interface Interface {
  /** The plaintext modulus t of BFV and BGV; undefined for CKKS. */
  readonly modulus: number | undefined;
  readonly inputs: readonly RangedInput[];
  readonly outputs: readonly TensorDeclaration[];
}

export interface EvalData {
  /** One set of inputs, or one for each test vector. */
  readonly instances: readonly Inputs[];
  readonly vectors: TestVectors | undefined;
}

/**
 * Reads the input data of a command line and checks that all inputs are given and in range.
 *
 * @throws ShoalError, UsageError
 */
export async function loadData(
  job: EvalDataJob,
  { modulus, inputs, outputs }: Interface,
): Promise<EvalData> {
  const given = await givenInputs(job, inputs);
  if (job.vectors !== undefined) {
    const json = parseJson({ file: job.vectors, text: await readText(job.vectors) });
    const vectors = readVectors(json, inputs, outputs, { shared: given, modulus });
    const instances = vectors.vectors.map((vector) => vector.inputs);
    instances.forEach((instance, i) => {
      requireAllInputs(instance, inputs, json.locationOf(['vectors', i]));
      requireDomain(instance, inputs, modulus);
    });
    return { instances, vectors };
  }
  if (inputs.length > 0 && job.inputs === undefined && job.input.size === 0) {
    const names = inputs.map(({ name }) => name).join(', ');
    throw new UsageError(`no data for ${names}: give --inputs IN.json, --input or --vectors`);
  }
  requireAllInputs(given, inputs, { file: job.inputs ?? '' });
  requireDomain(given, inputs, modulus);
  return { instances: [given], vectors: undefined };
}

/** Returns the plaintext modulus t of a plan; undefined for CKKS. */
export function modulusOf(plan: Plan): number | undefined {
  return plan.scheme === 'ckks' ? undefined : plan.params.plainModulus;
}

/** Reads the input data that a command line names. Inputs may be missing. */
export async function givenInputs(job: DataJob, inputs: readonly RangedInput[]): Promise<Inputs> {
  return new Map([...(await fromObject(job, inputs)), ...(await fromFiles(job, inputs))]);
}

/** @throws ShoalError if a number is not an integer in BFV or BGV, or outside its input's range */
export function requireDomain(
  given: Inputs,
  inputs: readonly RangedInput[],
  modulus: number | undefined,
): void {
  if (modulus !== undefined) requireIntegers(given, inputs);
  requireRanges(given, inputs);
}

async function fromObject(
  { inputs: file }: DataJob,
  inputs: readonly RangedInput[],
): Promise<Inputs> {
  if (file === undefined) return new Map();
  return readInputs(parseJson({ file, text: await readText(file) }), [], inputs);
}

async function fromFiles(
  { input: files }: DataJob,
  inputs: readonly RangedInput[],
): Promise<Inputs> {
  const read = new Map<string, InputData>();
  for (const [name, file] of files) {
    const input = inputs.find((candidate) => candidate.name === name);
    if (!input) {
      const { message } = unknownName('input', name, inputs, { file: '' });
      throw new UsageError(`--input ${name}: ${message}`, 'unknown-input');
    }
    read.set(name, readInputFile(file, await readBytes(file), input));
  }
  return read;
}
