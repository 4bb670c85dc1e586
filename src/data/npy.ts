import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import type { Shape } from '../tensor/tensor.ts';
import { sizeOf } from '../tensor/tensor.ts';

/** An array of numbers from a file, row-major. */
export interface ArrayData {
  readonly shape: Shape;
  readonly data: Float64Array;
}

const MAGIC = '\x93NUMPY';

type ElementReader = (view: DataView, offset: number, little: boolean) => number;

/** Functions that read an element, by numpy's letter and size. */
const readers: Readonly<Record<string, ElementReader>> = {
  f4: (view, offset, little) => view.getFloat32(offset, little),
  f8: (view, offset, little) => view.getFloat64(offset, little),
  i1: (view, offset) => view.getInt8(offset),
  i2: (view, offset, little) => view.getInt16(offset, little),
  i4: (view, offset, little) => view.getInt32(offset, little),
  i8: (view, offset, little) => exactly(view.getBigInt64(offset, little)),
  u1: (view, offset) => view.getUint8(offset),
  u2: (view, offset, little) => view.getUint16(offset, little),
  u4: (view, offset, little) => view.getUint32(offset, little),
  u8: (view, offset, little) => exactly(view.getBigUint64(offset, little)),
};

function exactly(value: bigint): number {
  const number = Number(value);
  if (BigInt(number) !== value) throw new RangeError(`${value} is too large for float64`);
  return number;
}

/**
 * Reads numpy's file format, versions 1 to 3 ("A simple file format for NumPy arrays", NEP 1): real
 * numbers of any byte order, in C or Fortran order.
 *
 * @throws ShoalError
 */
export function parseNpy(file: string, bytes: Uint8Array): ArrayData {
  const refuse = (message: string): never => {
    throw new ShoalError('not-npy', message, { file });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, start } = readHeader(bytes, view) ?? refuse('not a numpy file');
  const { descr, fortran, shape } = parseHeader(header) ?? refuse('the header cannot be read');
  const [, order = '', kind = ''] = /^([<>=|]?)([a-zA-Z]\d+)$/.exec(descr) ?? [];
  const read = readers[kind];
  if (!read) return refuse(`elements of type '${descr}' are not supported: save as float64`);
  const width = Number(kind.slice(1));
  const size = sizeOf(shape);
  if (!Number.isSafeInteger(size) || start + size * width > bytes.length) {
    return refuse(`the file is cut off: the header announces ${size} elements of ${width} bytes`);
  }
  const data = new Float64Array(size);
  const positions = fortran ? fortranPositions(shape) : undefined;
  try {
    for (let i = 0; i < size; i++) {
      data[i] = read(view, start + (positions?.[i] ?? i) * width, order !== '>');
    }
  } catch (error) {
    if (error instanceof RangeError) return refuse(error.message);
    throw error;
  }
  return { shape, data };
}

function readHeader(
  bytes: Uint8Array,
  view: DataView,
): { readonly header: string; readonly start: number } | undefined {
  const text = (from: number, to: number) => latin1(bytes.subarray(from, to));
  if (bytes.length < 12 || text(0, 6) !== MAGIC) return undefined;
  const version = defined(bytes[6]);
  if (version < 1 || version > 3) return undefined;
  const headerStart = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerStart + length;
  return start > bytes.length ? undefined : { header: text(headerStart, start), start };
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
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const extents = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || extents === undefined) return undefined;
  const shape = (extents.match(/\d+/g) ?? []).map(Number);
  return { descr, fortran: fortran === 'True', shape };
}

/** Returns the position in a column-major file of each element in row-major order. */
function fortranPositions(shape: Shape): Float64Array {
  const strides: number[] = [];
  let stride = 1;
  for (const extent of shape) {
    strides.push(stride);
    stride *= extent;
  }
  const positions = new Float64Array(stride);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < stride; i++) {
    positions[i] = index.reduce((sum, m, axis) => sum + m * (strides[axis] as number), 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return positions;
}
