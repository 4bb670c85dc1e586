import { describe, type JsonFile } from '../arrays/json-file.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { type Shape, showIndex, showShape, sizeOf } from '../tensor/tensor.ts';

/** The name and shape of an input or output. */
export interface TensorDeclaration {
  readonly name: string;
  readonly shape: Shape;
}

/** The keys and indices that lead to a value in a JSON file. */
type Path = readonly (string | number)[];

/**
 * Reads a tensor from nested arrays, as deep as the tensor has axes.
 *
 * @param what description for messages, such as `input 'x'`
 * @throws ShoalError if the value is no tensor of this shape
 */
export function readTensor(json: JsonFile, path: Path, shape: Shape, what: string): Float64Array {
  const value = valueAt(json.value, path);
  const data = new Float64Array(sizeOf(shape));
  let next = 0;
  const fill = (part: unknown, axis: number, index: Path): void => {
    if (axis === shape.length) {
      data[next++] = readNumber(json, part, [...path, ...index], what, index);
      return;
    }
    if (!Array.isArray(part) || part.length !== shape[axis]) {
      throw wrongShape(json, path, index, shape, what, value);
    }
    for (let i = 0; i < part.length; i++) fill(part[i], axis + 1, [...index, i]);
  };
  fill(value, 0, []);
  return data;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((part, key) => (part as Record<string | number, unknown>)[key], value);
}

function readNumber(json: JsonFile, value: unknown, path: Path, what: string, index: Path): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const element = index.length === 0 ? what : `${what} at ${showIndex(index)}`;
  const found =
    typeof value === 'number'
      ? 'a number too large for float64'
      : `${describe(value)}, not a number`;
  const code = Array.isArray(value) ? 'wrong-shape' : 'not-a-number';
  const help = Array.isArray(value)
    ? `; it has ${index.length === 0 ? 'no axes' : axes(index.length)}`
    : '';
  throw new ShoalError(code, `${element} is ${found}${help}`, json.locationOf([...path]));
}

function axes(count: number): string {
  return count === 1 ? '1 axis' : `${count} axes`;
}

function wrongShape(
  json: JsonFile,
  path: Path,
  index: Path,
  shape: Shape,
  what: string,
  value: unknown,
): ShoalError {
  const found = shapeOf(value);
  const location = json.locationOf([...path, ...index]);
  const expected = `${what} is ${showShape(shape)}`;
  if (found === undefined) {
    const where = index.length === 0 ? '' : ` at ${showIndex(index)}`;
    return new ShoalError('wrong-shape', `${expected}; the data are ragged${where}`, location);
  }
  const actual =
    found.length > 0
      ? `the data are ${showShape(found)}`
      : typeof value === 'number'
        ? 'the data are a single number'
        : `the data are ${describe(value)}`;
  return new ShoalError('wrong-shape', `${expected}; ${actual}`, location);
}

/** Returns the shape of nested arrays; undefined if they are ragged. */
function shapeOf(value: unknown): Shape | undefined {
  if (!Array.isArray(value)) return [];
  const [first, ...rest] = value.map(shapeOf);
  if (first === undefined) return value.length === 0 ? [0] : undefined;
  const even = rest.every((shape) => shape?.join() === first.join());
  return even ? [value.length, ...first] : undefined;
}

/** A tensor in JSON: nested arrays, or a number for a scalar. */
export type Nested = number | readonly Nested[];

/** Returns row-major data as nested arrays. */
export function nest(data: Float64Array, shape: Shape): Nested {
  if (shape.length === 0) return data[0] as number;
  const [count = 0, ...inner] = shape;
  const size = sizeOf(inner);
  return Array.from({ length: count }, (_, i) =>
    nest(data.subarray(i * size, (i + 1) * size), inner),
  );
}
