import { describe, type JsonFile } from '../arrays/json-file.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { didYouMean } from '../syntax/diagnostic.ts';
import { integersModulo } from '../tensor/modular.ts';
import { type Inputs, notAnInteger, objectAt, readInputs, unknownName } from './inputs.ts';
import { readTensor, type TensorDeclaration } from './json-tensors.ts';

/** Inputs with their expected outputs. */
export interface TestVector {
  readonly name: string | undefined;
  readonly inputs: Inputs;
  /** Expected outputs by name, row-major. Outputs may be missing. */
  readonly expect: ReadonlyMap<string, Float64Array>;
}

/** Test vectors, and the tolerance for hits. */
export interface TestVectors {
  readonly tolerance: number;
  readonly vectors: readonly TestVector[];
}

const DEFAULT_TOLERANCE = 1e-3;

/**
 * Reads `{ "tolerance": 1e-3, "vectors": [ { "inputs": { … }, "expect": { … } } ] }`. A vector may
 * also have a name.
 *
 * @param options.shared inputs for vectors that do not have their own
 * @param options.modulus the plaintext modulus t of BFV and BGV, in which the tolerance is 0
 * @throws ShoalError
 */
export function readVectors(
  json: JsonFile,
  inputs: readonly TensorDeclaration[],
  outputs: readonly TensorDeclaration[],
  options: { readonly shared?: Inputs; readonly modulus?: number | undefined } = {},
): TestVectors {
  const { shared = new Map(), modulus } = options;
  const root = objectAt(json, [], 'test vectors: { "tolerance": …, "vectors": [ … ] }');
  requireKeys(json, root, [], ['tolerance', 'vectors', 'description']);
  const { vectors } = root;
  if (!Array.isArray(vectors) || vectors.length === 0) {
    const found = vectors === undefined ? 'nothing' : describe(vectors);
    const message = `"vectors" is a list of at least one test vector; found ${found}`;
    throw new ShoalError(
      'not-vectors',
      message,
      json.locationOf(vectors === undefined ? [] : ['vectors']),
    );
  }
  const tolerance = readTolerance(json, root.tolerance);
  const read = vectors.map((_, i) => readVector(json, ['vectors', i], inputs, outputs, shared));
  return modulus === undefined
    ? { tolerance, vectors: read }
    : { tolerance: 0, vectors: read.map((vector, i) => reduced(json, i, vector, modulus)) };
}

function readTolerance(json: JsonFile, value: unknown): number {
  if (value === undefined) return DEFAULT_TOLERANCE;
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  const message = `"tolerance" is a number ≥ 0; found ${describe(value)}`;
  throw new ShoalError('not-vectors', message, json.locationOf(['tolerance']));
}

function readVector(
  json: JsonFile,
  path: readonly (string | number)[],
  inputs: readonly TensorDeclaration[],
  outputs: readonly TensorDeclaration[],
  shared: Inputs,
): TestVector {
  const vector = objectAt(json, path, '"inputs" and "expect"');
  requireKeys(json, vector, path, ['inputs', 'expect', 'name']);
  for (const key of ['inputs', 'expect']) {
    if (vector[key] !== undefined || (key === 'inputs' && inputs.length === 0)) continue;
    const message = `the test vector has no "${key}"`;
    throw new ShoalError('not-vectors', message, json.locationOf([...path]));
  }
  const { name } = vector;
  const own = vector.inputs === undefined ? [] : readInputs(json, [...path, 'inputs'], inputs);
  return {
    name: typeof name === 'string' ? name : undefined,
    inputs: new Map([...shared, ...own]),
    expect: readExpected(json, [...path, 'expect'], outputs),
  };
}

/** Reduces expected outputs modulo t. */
function reduced(json: JsonFile, index: number, vector: TestVector, modulus: number): TestVector {
  const { residue } = integersModulo(modulus);
  const expect = new Map(
    [...vector.expect].map(([name, data]): [string, Float64Array] => {
      const bad = data.find((x) => !Number.isSafeInteger(x));
      if (bad === undefined) return [name, data.map((x) => residue(x))];
      const location = json.locationOf(['vectors', index, 'expect', name]);
      throw notAnInteger(`expected output '${name}'`, bad, location);
    }),
  );
  return { ...vector, expect };
}

function readExpected(
  json: JsonFile,
  path: readonly (string | number)[],
  outputs: readonly TensorDeclaration[],
): ReadonlyMap<string, Float64Array> {
  const object = objectAt(json, path, 'outputs by name, such as { "y": 18 }');
  const expected = new Map<string, Float64Array>();
  for (const name of Object.keys(object)) {
    const output = outputs.find((candidate) => candidate.name === name);
    if (!output) throw unknownName('output', name, outputs, json.locationOf([...path, name]));
    const what = `expected output '${name}'`;
    expected.set(name, readTensor(json, [...path, name], output.shape, what));
  }
  if (expected.size > 0) return expected;
  const message = '"expect" names no output, so nothing would be compared';
  throw new ShoalError('not-vectors', message, json.locationOf([...path]));
}

function requireKeys(
  json: JsonFile,
  object: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
  known: readonly string[],
): void {
  const key = Object.keys(object).find((candidate) => !known.includes(candidate));
  if (key === undefined) return;
  const similar = didYouMean(key, known);
  const help = similar ? `did you mean "${similar}"?` : `the entries are ${known.join(', ')}`;
  const message = `unknown entry ${JSON.stringify(key)}; ${help}`;
  throw new ShoalError('not-vectors', message, json.locationOf([...path, key]));
}
