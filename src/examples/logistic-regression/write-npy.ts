/** Alignment of the data in a .npy file, in bytes. */
const ALIGNMENT = 64;

/**
 * Returns numbers in the .npy format, version 1: float64, little-endian, row-major ("A simple file
 * format for NumPy arrays", NEP 1).
 */
export function toNpy(data: Float64Array, shape: readonly number[]): Uint8Array {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '<f8', 'fortran_order': False, 'shape': (${extents}), }`;
  const start = '\x93NUMPY\x01\x00'.length + 2;
  const length = Math.ceil((start + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = Buffer.alloc(length + 8 * data.length);
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(length - start, start - 2);
  bytes.write(`${dictionary.padEnd(length - start - 1)}\n`, start, 'latin1');
  data.forEach((x, i) => {
    bytes.writeDoubleLE(x, length + 8 * i);
  });
  return bytes;
}

/** Concatenates rows of equal length. */
export function flatten(rows: readonly Float64Array[]): Float64Array {
  const width = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(row, i * width);
  });
  return data;
}
