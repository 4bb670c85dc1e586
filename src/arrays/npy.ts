import { asOneLine } from '../errors/one-line.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import { gather, type Shape, sizeOf, stridesOf } from '../tensor/tensor.ts';
import { type ArrayData, type Room, requireNumbersFit } from './array-data.ts';

const MAGIC = '\x93NUMPY';

/** Limit on the bytes of a header; NumPy writes a few hundred, and reads 10,000. */
const LONGEST_HEADER = 2 ** 16;

/** NumPy's limit on the axes of an array. */
const MOST_NUMPY_AXES = 64;

/** An element type: its size in bytes and how to read an element. */
interface ElementType {
  readonly width: number;
  read(view: DataView, offset: number, little: boolean): number;
}

/** The element types by their names in a header, without the sign of the byte order. */
const TYPES = {
  b1: { width: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  f2: { width: 2, read: (view, at, little) => float16(view.getUint16(at, little)) },
  f4: { width: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { width: 8, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { width: 1, read: (view, at) => view.getInt8(at) },
  i2: { width: 2, read: (view, at, little) => view.getInt16(at, little) },
  i4: { width: 4, read: (view, at, little) => view.getInt32(at, little) },
  i8: { width: 8, read: (view, at, little) => exactly(view.getBigInt64(at, little)) },
  u1: { width: 1, read: (view, at) => view.getUint8(at) },
  u2: { width: 2, read: (view, at, little) => view.getUint16(at, little) },
  u4: { width: 4, read: (view, at, little) => view.getUint32(at, little) },
  u8: { width: 8, read: (view, at, little) => exactly(view.getBigUint64(at, little)) },
} as const satisfies Readonly<Record<string, ElementType>>;

const TYPES_BY_NAME = new Map<string, ElementType>(Object.entries(TYPES));

/** What to save in place of other elements, by the letter of their type. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['c', 'save the real and the imaginary parts as two arrays'],
  ['O', 'save an array of numbers, such as `np.array(x, dtype=float)`'],
  ['S', 'save numbers in place of strings'],
  ['U', 'save numbers in place of strings'],
  ['V', 'save each field as an array of its own'],
  ['M', 'save the times as numbers, such as `x.astype("int64")`'],
  ['m', 'save the times as numbers, such as `x.astype("int64")`'],
]);

/** Returns the number that the 16 bits of a half precision float (IEEE 754 binary16) stand for. */
function float16(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 2 ** 10;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  // The least exponent is that of the numbers without a leading 1, too.
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

function exactly(value: bigint): number {
  const number = Number(value);
  if (BigInt(number) !== value) throw new RangeError(`${value} is too large for float64`);
  return number;
}

/**
 * Reads numpy's file format, versions 1 to 3 ("A simple file format for NumPy arrays", NEP 1): the
 * types of {@link TYPES} in any byte order, in C or Fortran order. A file contains one array.
 *
 * @param room limit on the numbers of the array; none if it is missing
 * @throws ShoalError
 */
export function parseNpy(file: string, bytes: Uint8Array, room?: Room): ArrayData {
  const refuse = (message: string): never => {
    throw new ShoalError('not-npy', message, { file });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, start } = readHeader(bytes, view) ?? refuse('not a numpy file');
  const { descr, fortran, shape } = parseHeader(header) ?? refuse('the header cannot be read');
  const [, order = '', name = ''] = /^([<>=|]?)([a-zA-Z]\d+)$/.exec(descr) ?? [];
  const type = TYPES_BY_NAME.get(name);
  if (!type) {
    const [letter = ''] = /[a-zA-Z]/.exec(descr) ?? [];
    const advice = ADVICE.get(letter) ?? 'save as float64';
    return refuse(
      `elements of type '${asOneLine(descr)}' are not supported: ${advice}; ` +
        `the types are ${[...TYPES_BY_NAME.keys()].join(', ')}`,
    );
  }
  const { width, read } = type;
  const size = shape.includes(0) ? 0 : sizeOf(shape);
  requireNumbersFit(size, file, room);
  const end = start + size * width;
  if (!Number.isSafeInteger(size) || end > bytes.length) {
    return refuse(`the file is cut off: the header announces ${size} elements of ${width} bytes`);
  }
  if (end < bytes.length) {
    return refuse(
      `the file goes on for ${bytes.length - end} bytes after the array: save one array in a file`,
    );
  }
  const data = new Float64Array(size);
  try {
    for (let i = 0; i < size; i++) data[i] = read(view, start + i * width, order !== '>');
  } catch (error) {
    if (error instanceof RangeError) return refuse(error.message);
    throw error;
  }
  return { shape, data: fortran ? fromFortran(data, shape) : data };
}

/** Whether bytes begin as a numpy file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(0, MAGIC.length)) === MAGIC;
}

function readHeader(
  bytes: Uint8Array,
  view: DataView,
): { readonly header: string; readonly start: number } | undefined {
  const text = (from: number, to: number) => latin1(bytes.subarray(from, to));
  if (bytes.length < 12 || !isNpy(bytes)) return undefined;
  const version = defined(bytes[6]);
  if (version < 1 || version > 3) return undefined;
  const headerStart = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerStart + length;
  return length > LONGEST_HEADER || start > bytes.length
    ? undefined
    : { header: text(headerStart, start), start };
}

/** Decodes one character per byte. TextDecoder's latin1 is windows-1252 instead. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  // Calls have a limited number of arguments, so 4096 bytes are decoded at a time.
  for (let offset = 0; offset < bytes.length; offset += 4096) {
    text += String.fromCharCode(...bytes.subarray(offset, offset + 4096));
  }
  return text;
}

/** Parses the header, a Python dictionary with three entries in any order. */
function parseHeader(
  header: string,
): { readonly descr: string; readonly fortran: boolean; readonly shape: Shape } | undefined {
  // The type of a structure is a list of its fields. NumPy calls their bytes V, for void.
  const isStructure = /'descr'\s*:\s*\[/.test(header);
  const descr = isStructure ? 'V' : /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const extents = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || extents === undefined) return undefined;
  const shape = (extents.match(/\d+/g) ?? []).map(Number);
  if (shape.length > MOST_NUMPY_AXES || !shape.every(Number.isSafeInteger)) return undefined;
  return { descr, fortran: fortran === 'True', shape };
}

/** Returns column-major data in row-major order. */
function fromFortran(data: Float64Array, shape: Shape): Float64Array {
  const strides = stridesOf(shape.toReversed()).reverse();
  return new Float64Array(gather(data, shape, 0, strides).data);
}
