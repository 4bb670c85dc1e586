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
import { parseJson } from '../data/json-file.ts';
import type { TensorDeclaration } from '../data/json-tensors.ts';
import { readVectors, type TestVectors } from '../data/test-vectors.ts';
import type { Plan } from '../plan/plan.ts';
import { UsageError } from './failure.ts';
import { readBytes, readText } from './read-files.ts';

/** Data that the command line names. */
export interface DataJob {
  readonly inputs: string | undefined;
  /** Files of single inputs, by input name. */
  readonly input: ReadonlyMap<string, string>;
}

/** The same, or test vectors. */
export interface EvalDataJob extends DataJob {
  readonly vectors: string | undefined;
}

/** What a circuit or plan takes and gives. */
export interface Interface {
  /** t, where values are integers modulo it. */
  readonly modulus: number | undefined;
  readonly inputs: readonly RangedInput[];
  readonly outputs: readonly TensorDeclaration[];
}

export interface EvalData {
  /** One, or one for each test vector. */
  readonly instances: readonly Inputs[];
  readonly vectors: TestVectors | undefined;
}

/**
 * Reads the data that the command line names, complete and within their ranges.
 *
 * @throws ShoalError, UsageError
 */
export function loadData(job: EvalDataJob, { modulus, inputs, outputs }: Interface): EvalData {
  const given = givenInputs(job, inputs);
  if (job.vectors !== undefined) {
    const json = parseJson({ file: job.vectors, text: readText(job.vectors) });
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

/** t, where a plan computes with integers modulo it. */
export function modulusOf(plan: Plan): number | undefined {
  return plan.scheme === 'ckks' ? undefined : plan.params.plainModulus;
}

/** The data that the command line names, which may lack some. */
export function givenInputs(job: DataJob, inputs: readonly RangedInput[]): Inputs {
  return new Map([...fromObject(job, inputs), ...fromFiles(job, inputs)]);
}

/** @throws ShoalError where a number is not one of the scheme's, or outside its input's range */
export function requireDomain(
  given: Inputs,
  inputs: readonly RangedInput[],
  modulus: number | undefined,
): void {
  if (modulus !== undefined) requireIntegers(given, inputs);
  requireRanges(given, inputs);
}

function fromObject({ inputs: file }: DataJob, inputs: readonly RangedInput[]): Inputs {
  if (file === undefined) return new Map();
  return readInputs(parseJson({ file, text: readText(file) }), [], inputs);
}

function fromFiles({ input: files }: DataJob, inputs: readonly RangedInput[]): Inputs {
  return new Map(
    [...files].map(([name, file]): [string, InputData] => {
      const input = inputs.find((candidate) => candidate.name === name);
      if (input) return [name, readInputFile(file, readBytes(file), input)];
      const { message } = unknownName('input', name, inputs, { file: '' });
      throw new UsageError(`--input ${name}: ${message}`, 'unknown-input');
    }),
  );
}
