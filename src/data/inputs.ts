import type { Location } from '../errors/location.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import { didYouMean, type Source } from '../syntax/diagnostic.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../tensor/tensor.ts';
import { parseCsv } from './csv.ts';
import { type JsonFile, parseJson } from './json-file.ts';
import { describe, readTensor, showElement, type TensorDeclaration } from './json-tensors.ts';
import { type ArrayData, parseNpy } from './npy.ts';

/** Data of one input, row-major, and where they come from. */
export interface InputData {
  readonly data: Float64Array;
  locationOf(element: number): Location;
}

/** Data by input name. */
export type Inputs = ReadonlyMap<string, InputData>;

/** Something with a range, as declared in a circuit or laid down in a plan. */
export interface RangedInput extends TensorDeclaration {
  readonly range?: readonly [number, number] | undefined;
}

/**
 * Reads inputs from an object of them by name, which may lack some.
 *
 * @param path where in the file the object stands
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
      json.locationOf([...path, name, ...indexOf(element, input.shape)]);
    inputs.set(name, { data, locationOf });
  }
  return inputs;
}

/** An object in a JSON file; `what` says for messages what it should hold. */
export function objectAt(
  json: JsonFile,
  path: readonly (string | number)[],
  what: string,
): Readonly<Record<string, unknown>> {
  let value = json.value;
  for (const key of path) value = (value as Record<string | number, unknown>)[key];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  const message = `expected an object of ${what}; found ${describe(value)}`;
  throw new ShoalError('not-an-object', message, json.locationOf([...path]));
}

/** The error for a name that nothing has. */
export function unknownName(
  what: 'input' | 'output',
  name: string,
  known: readonly TensorDeclaration[],
  place: Location,
): ShoalError {
  const names = known.map((slot) => slot.name);
  const near = didYouMean(name, names);
  const help = near
    ? `did you mean '${near}'?`
    : names.length > 0
      ? `its ${what}s are ${names.join(', ')}`
      : `it has no ${what}s`;
  return new ShoalError(`unknown-${what}`, `the circuit has no ${what} '${name}'; ${help}`, place);
}

/**
 * Reads one input from a file of its own: JSON, a table or a numpy array, by the end of its name.
 *
 * @throws ShoalError
 */
export function readInputFile(
  file: string,
  bytes: Uint8Array,
  input: TensorDeclaration,
): InputData {
  if (/\.npy$/i.test(file)) return fromArray(file, parseNpy(file, bytes), input, sameShape);
  // A byte order mark is no part of the text.
  const source: Source = { file, text: new TextDecoder().decode(bytes) };
  if (/\.csv$/i.test(file)) return fromArray(file, parseCsv(source), input, isTableOf);
  const json = parseJson(source);
  const data = readTensor(json, [], input.shape, `input '${input.name}'`);
  return { data, locationOf: (element) => json.locationOf([...indexOf(element, input.shape)]) };
}

function fromArray(
  file: string,
  { shape, data }: ArrayData,
  input: TensorDeclaration,
  fits: (shape: Shape, wanted: Shape) => boolean,
): InputData {
  const place = { file };
  if (!fits(shape, input.shape)) {
    const wanted = `input '${input.name}' is ${showShape(input.shape)}`;
    throw new ShoalError('wrong-shape', `${wanted}; the data are ${showShape(shape)}`, place);
  }
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    const at = showElement(bad, input.shape);
    const message = `input '${input.name}'${at} is ${data[bad]}, not a finite number`;
    throw new ShoalError('not-a-number', message, place);
  }
  return { data, locationOf: () => place };
}

/** Whether a table holds a tensor: its last axis in columns; a vector may also stand in a column. */
function isTableOf([rows = 0, columns = 0]: Shape, wanted: Shape): boolean {
  if (wanted.length <= 1) return rows * columns === sizeOf(wanted) && Math.min(rows, columns) === 1;
  return columns === wanted.at(-1) && rows * columns === sizeOf(wanted);
}

/** @throws ShoalError if an input has no data */
export function requireAllInputs(
  inputs: Inputs,
  declared: readonly TensorDeclaration[],
  place: Location,
): void {
  const missing = declared.filter(({ name }) => !inputs.has(name));
  if (missing.length === 0) return;
  const names = missing.map(({ name, shape }) => `'${name}' (${showShape(shape)})`).join(', ');
  const message = `no data for input${missing.length === 1 ? '' : 's'} ${names}`;
  throw new ShoalError('missing-input', message, place);
}

/** @throws ShoalError where a number is no integer that float64 holds exactly */
export function requireIntegers(inputs: Inputs, declared: readonly TensorDeclaration[]): void {
  for (const { name, shape } of declared) {
    const input = inputs.get(name);
    const bad = input?.data.findIndex((x) => !Number.isSafeInteger(x)) ?? -1;
    if (!input || bad < 0) continue;
    const element = `input '${name}'${showElement(bad, shape)}`;
    throw notAnInteger(element, defined(input.data[bad]), input.locationOf(bad));
  }
}

/** The error for a number where integers modulo t are computed with. */
export function notAnInteger(what: string, value: number, place: Location): ShoalError {
  const reason = Number.isInteger(value)
    ? 'which is too large to be exact: give what it is modulo t'
    : 'but the circuit computes with integers';
  return new ShoalError('not-an-integer', `${what} is ${value}, ${reason}`, place);
}

/** @throws ShoalError where a number lies outside its input's range */
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

/** Significant decimal digits of a range that is taken from data. */
const RANGE_DIGITS = 2;

/**
 * The range of an input's data, rounded outwards to a few digits: a little room, and no false precision.
 * Rounding never passes zero, so that what may be divided by stays so.
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

/** The nearest number of few digits that is not below (`direction` 1) or not above (-1) `x`. */
function roundOut(x: number, direction: 1 | -1): number {
  if (x === 0) return 0;
  const isOutside = (y: number) => (y - x) * direction >= 0 && Number.isFinite(y);
  const nearest = Number(x.toPrecision(RANGE_DIGITS));
  if (isOutside(nearest)) return nearest;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(x))) - RANGE_DIGITS + 1);
  const next = Number((nearest + direction * step).toPrecision(RANGE_DIGITS));
  return isOutside(next) ? next : x;
}

function indexOf(element: number, shape: Shape): readonly number[] {
  const index: number[] = [];
  let rest = element;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}
