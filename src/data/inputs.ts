import type { ArrayData } from '../arrays/array-data.ts';
import { parseCsv } from '../arrays/csv.ts';
import { describe, type JsonFile, parseJson } from '../arrays/json-file.ts';
import { isNpy, parseNpy } from '../arrays/npy.ts';
import type { Location } from '../errors/location.ts';
import { asOneLine } from '../errors/one-line.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import { didYouMean, type Source } from '../syntax/diagnostic.ts';
import {
  indicesOf,
  type Shape,
  sameShape,
  showElement,
  showShape,
  sizeOf,
} from '../tensor/tensor.ts';
import { readTensor, type TensorDeclaration } from './json-tensors.ts';

/** The data of one input, row-major, with their locations. */
export interface InputData {
  readonly data: Float64Array;
  /** Returns the location of an element, for messages. */
  locationOf(element: number): Location;
}

/** Data by input name. */
export type Inputs = ReadonlyMap<string, InputData>;

/** An input of a circuit or plan, with its range. */
export interface RangedInput extends TensorDeclaration {
  readonly range?: readonly [number, number] | undefined;
}

/**
 * Reads inputs from an object with inputs by name. Inputs may be missing.
 *
 * @param path keys and indices that lead to the object in the file
 * @throws ShoalError
 */
export function readInputs(
  json: JsonFile,
  path: readonly (string | number)[],
  declared: readonly TensorDeclaration[],
): Inputs {
  const object = objectAt(json, path, 'inputs by name, such as { "x": 2 }');
  const inputs = new Map<string, InputData>();
  for (const name of Object.keys(object)) {
    const input = declared.find((candidate) => candidate.name === name);
    if (!input) throw unknownName('input', name, declared, json.locationOf([...path, name]));
    const data = readTensor(json, [...path, name], input.shape, `input '${name}'`);
    const locationOf = (element: number) =>
      json.locationOf([...path, name, ...indicesOf(element, input.shape)]);
    inputs.set(name, { data, locationOf });
  }
  return inputs;
}

/**
 * Returns an object in a JSON file.
 *
 * @param content description of its content, for the message
 * @throws ShoalError if the value is not an object
 */
export function objectAt(
  json: JsonFile,
  path: readonly (string | number)[],
  content: string,
): Readonly<Record<string, unknown>> {
  let value = json.value;
  for (const key of path) value = (value as Record<string | number, unknown>)[key];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  const message = `expected an object of ${content}; found ${describe(value)}`;
  throw new ShoalError('not-an-object', message, json.locationOf([...path]));
}

/** Returns the error for an unknown input or output. */
export function unknownName(
  kind: 'input' | 'output',
  name: string,
  known: readonly TensorDeclaration[],
  location: Location,
): ShoalError {
  const names = known.map((declaration) => declaration.name);
  const similar = didYouMean(name, names);
  const help = similar
    ? `did you mean '${similar}'?`
    : names.length > 0
      ? `its ${kind}s are ${names.join(', ')}`
      : `it has no ${kind}s`;
  const message = `the circuit has no ${kind} '${asOneLine(name)}'; ${help}`;
  return new ShoalError(`unknown-${kind}`, message, location);
}

/**
 * Reads one input from its own file. The file's extension decides the format: JSON, CSV or numpy.
 * If it is none of these, as that of a pipe, the content does.
 *
 * @throws ShoalError
 */
export function readInputFile(
  file: string,
  bytes: Uint8Array,
  input: TensorDeclaration,
): InputData {
  const format = formatOf(file, bytes);
  if (format === 'npy') return fromArray(file, parseNpy(file, bytes), input, sameShape);
  // TextDecoder removes a byte order mark.
  const source: Source = { file, text: new TextDecoder().decode(bytes) };
  if (format === 'csv') return fromArray(file, parseCsv(source), input, isTableOf);
  const json = parseJson(source);
  const data = readTensor(json, [], input.shape, `input '${input.name}'`);
  return { data, locationOf: (element) => json.locationOf([...indicesOf(element, input.shape)]) };
}

type InputFormat = 'json' | 'csv' | 'npy';

/** A number alone is taken for a table. As JSON it would be the same. */
function formatOf(file: string, bytes: Uint8Array): InputFormat {
  const [, extension] = /\.(json|csv|npy)$/i.exec(file) ?? [];
  if (extension !== undefined) return extension.toLowerCase() as InputFormat;
  if (isNpy(bytes)) return 'npy';
  const start = new TextDecoder().decode(bytes.subarray(0, START)).trimStart();
  return start.startsWith('[') || start.startsWith('{') ? 'json' : 'csv';
}

/** Bytes that tell JSON from a table, with some blanks before. */
const START = 64;

function fromArray(
  file: string,
  { shape, data }: ArrayData,
  input: TensorDeclaration,
  fits: (shape: Shape, expected: Shape) => boolean,
): InputData {
  const location = { file };
  if (!fits(shape, input.shape)) {
    const expected = `input '${input.name}' is ${showShape(input.shape)}`;
    throw new ShoalError('wrong-shape', `${expected}; the data are ${showShape(shape)}`, location);
  }
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    const element = `input '${input.name}'${showElement(bad, input.shape)}`;
    const message = `${element} is ${data[bad]}, not a finite number`;
    throw new ShoalError('not-a-number', message, location);
  }
  return { data, locationOf: () => location };
}

/** Whether a table has the shape of a tensor: the last axis along rows; for a vector either way. */
function isTableOf([rows = 0, columns = 0]: Shape, shape: Shape): boolean {
  if (shape.length <= 1) return rows * columns === sizeOf(shape) && Math.min(rows, columns) === 1;
  return columns === shape.at(-1) && rows * columns === sizeOf(shape);
}

/** @throws ShoalError if an input has no data */
export function requireAllInputs(
  inputs: Inputs,
  declared: readonly TensorDeclaration[],
  location: Location,
): void {
  const missing = declared.filter(({ name }) => !inputs.has(name));
  if (missing.length === 0) return;
  const names = missing.map(({ name, shape }) => `'${name}' (${showShape(shape)})`).join(', ');
  const message = `no data for input${missing.length === 1 ? '' : 's'} ${names}`;
  throw new ShoalError('missing-input', message, location);
}

/** @throws ShoalError if a number is not an integer that float64 represents exactly */
export function requireIntegers(inputs: Inputs, declared: readonly TensorDeclaration[]): void {
  for (const { name, shape } of declared) {
    const input = inputs.get(name);
    const bad = input?.data.findIndex((x) => !Number.isSafeInteger(x)) ?? -1;
    if (!input || bad < 0) continue;
    const element = `input '${name}'${showElement(bad, shape)}`;
    throw notAnInteger(element, defined(input.data[bad]), input.locationOf(bad));
  }
}

/** Returns the error for a number that is not an exact integer, in BFV and BGV. */
export function notAnInteger(element: string, value: number, location: Location): ShoalError {
  const reason = Number.isInteger(value)
    ? 'which is too large to be exact: give it modulo t'
    : 'but the circuit computes with integers';
  return new ShoalError('not-an-integer', `${element} is ${value}, ${reason}`, location);
}

/** @throws ShoalError if a number is outside its input's range */
export function requireRanges(inputs: Inputs, declared: readonly RangedInput[]): void {
  for (const { name, shape, range } of declared) {
    const input = inputs.get(name);
    if (!range || !input) continue;
    const [low, high] = range;
    const bad = input.data.findIndex((x) => x < low || x > high);
    if (bad < 0) continue;
    const element = `input '${name}'${showElement(bad, shape)}`;
    const message = `${element} is ${input.data[bad]}, outside its range [${low}, ${high}]`;
    throw new ShoalError('out-of-range', message, input.locationOf(bad));
  }
}

/** Significant decimal digits of a range that is computed from data. */
const RANGE_DIGITS = 2;

/**
 * Returns the range of an input's data, rounded outwards to a few digits to leave a little room.
 * Rounding never crosses zero, so that divisors stay away from zero.
 */
export function rangeOf(instances: readonly Inputs[], name: string): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const inputs of instances) {
    for (const x of inputs.get(name)?.data ?? []) {
      if (x < low) low = x;
      if (x > high) high = x;
    }
  }
  return low > high ? [0, 0] : [roundOut(low, -1), roundOut(high, 1)];
}

/**
 * Returns the nearest number with few digits that is not below (`direction` 1) or above (-1) `x`.
 */
function roundOut(x: number, direction: 1 | -1): number {
  if (x === 0) return 0;
  const isOutside = (y: number) => (y - x) * direction >= 0 && Number.isFinite(y);
  const nearest = Number(x.toPrecision(RANGE_DIGITS));
  if (isOutside(nearest)) return nearest;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(x))) - RANGE_DIGITS + 1);
  const next = Number((nearest + direction * step).toPrecision(RANGE_DIGITS));
  return isOutside(next) ? next : x;
}
