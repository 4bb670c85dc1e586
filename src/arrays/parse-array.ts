import { ShoalError } from '../errors/shoal-error.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { type Constant, loadedConstant } from '../tensor/constant.ts';
import { fromNumber, fromShortest } from '../tensor/exact.ts';
import { MAX_ELEMENTS, MOST_AXES, showElement } from '../tensor/tensor.ts';
import type { ArrayData, Room } from './array-data.ts';
import { parseCsv } from './csv.ts';
import { parseJsonArray } from './json-array.ts';
import { parseNpy } from './npy.ts';
import { decodeUtf8 } from './utf8.ts';

/** The room for one array: that of a tensor. */
const TENSOR_ROOM: Room = {
  numbers: MAX_ELEMENTS,
  code: 'tensor-too-large',
  message: `the array has more than ${MAX_ELEMENTS} numbers`,
};

/** Limit on the bytes of a text. JavaScript has no texts of more than 512 MiB. */
const LONGEST_TEXT = 500 * 2 ** 20;

/**
 * Reads an array from the bytes of a .npy, .csv or .json file, whose extension decides the format.
 * The numbers of .npy files are exactly their binary fractions. Those of texts are decimals: the
 * shortest that round to the same float64. So they have up to 17 significant digits; more digits
 * are rounded.
 *
 * - .npy: any shape, of the types that {@link parseNpy} reads.
 * - .csv: a matrix with a row in each line. As for `numpy.loadtxt`, a table of one row or of one
 *   column is a vector, and one number alone is a scalar.
 * - .json: nested arrays of equal lengths, or one number. `[]` is the vector of no numbers.
 *
 * @param room limit on the numbers, which is checked before memory is taken for them
 * @throws ShoalError if there is another extension, if the file is not of the format or cut off, if
 *   a number is not finite, or if there are more than 4 axes or more numbers than `room`
 */
export function parseArray(file: string, bytes: Uint8Array, room: Room = TENSOR_ROOM): Constant {
  const [, extension = ''] = /\.(npy|csv|json)$/i.exec(file) ?? [];
  switch (extension.toLowerCase()) {
    case 'npy':
      return constantOf(file, parseNpy(file, bytes, room), fromNumber);
    case 'csv':
      return constantOf(file, asVector(parseCsv(sourceOf(file, bytes), room)), fromShortest);
    case 'json':
      return constantOf(file, parseJsonArray(sourceOf(file, bytes), room), fromShortest);
    default: {
      const message = 'the name does not end in .npy, .csv or .json, the formats of arrays';
      throw new ShoalError('not-an-array', message, { file });
    }
  }
}

function sourceOf(file: string, bytes: Uint8Array): Source {
  if (bytes.length > LONGEST_TEXT) {
    const message = `the text has more than ${LONGEST_TEXT / 2 ** 20} MiB: save it as .npy`;
    throw new ShoalError('file-too-large', message, { file });
  }
  return { file, text: decodeUtf8(file, bytes) };
}

/** Removes the axes of extent 1 of a table. */
function asVector({ shape, data }: ArrayData): ArrayData {
  return { shape: shape.filter((extent) => extent !== 1), data };
}

function constantOf(
  file: string,
  { shape, data }: ArrayData,
  exactOf: typeof fromNumber,
): Constant {
  if (shape.length > MOST_AXES) {
    const message = `the array has ${shape.length} axes, more than ${MOST_AXES}`;
    throw new ShoalError('rank', message, { file });
  }
  // An array without numbers can be as long as its header says.
  if (shape.some((extent) => extent > MAX_ELEMENTS)) {
    const message = `an axis of the array has more than ${MAX_ELEMENTS} elements`;
    throw new ShoalError('tensor-too-large', message, { file });
  }
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    const name = shape.length === 0 ? 'the value' : `the element ${showElement(bad, shape)}`;
    const message = `${name} is ${data[bad]}, not a finite number`;
    throw new ShoalError('not-a-number', message, { file });
  }
  return loadedConstant(shape, data, exactOf);
}
