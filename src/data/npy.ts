import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import type { Shape } from '../tensor/tensor.ts';
import { sizeOf } from '../tensor/tensor.ts';

/** Numbers from a file, row-major. */
export interface ArrayData {
  readonly shape: Shape;
  readonly data: Float64Array;
}

const MAGIC = '\x93NUMPY';

/** How an element is read, by numpy's letter and size. */
const readers: Readonly<Record<string, (view: DataView, at: number, little: boolean) => number>> = {
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => exactly(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => exactly(view.getBigUint64(at, little)),
};

function exactly(value: bigint): number {
  const number = Number(value);
  if (BigInt(number) !== value) throw new RangeError(`${value} is too large for float64`);
  return number;
}

/**
 * Reads numpy's format, versions 1 to 3 ("A simple file format for NumPy arrays", NEP 1): real numbers of
 * any byte order, in C or Fortran order.
 *
 * @throws ShoalError
 */
export function parseNpy(file: string, bytes: Uint8Array): ArrayData {
  const refuse = (message: string): never => {
    throw new ShoalError('not-npy', message, { file });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, start } = readHeader(bytes, view) ?? refuse('not a numpy file');
  const { descr, fortran, shape } = parseHeader(header) ?? refuse('the header is not understood');
  const [, order = '', kind = ''] = /^([<>=|]?)([a-zA-Z]\d+)$/.exec(descr) ?? [];
  const read = readers[kind];
  if (!read) return refuse(`elements of type '${descr}' are not read: save float64`);
  const width = Number(kind.slice(1));
  const size = sizeOf(shape);
  if (!Number.isSafeInteger(size) || start + size * width > bytes.length) {
    return refuse(`the file is cut off: ${size} elements of ${width} bytes are announced`);
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
  const at = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = at + length;
  return start > bytes.length ? undefined : { header: text(at, start), start };
}

/** A character a byte; what TextDecoder calls latin1 is windows-1252. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  // So many at a time as a call may have arguments anywhere.
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

/** Numpy writes a Python dictionary with these three entries, in any order. */
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

/** For each element in row-major order, its place in a column-major file. */
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
