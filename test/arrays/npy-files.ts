/** Returns a file of version 1 with these bytes behind its header. */
export function npyFile(
  descr: string,
  shape: string,
  bytes: readonly number[],
  order = 'False',
): Buffer {
  return npyWith(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`, bytes);
}

/** Returns a file of version 1 with a header and the bytes behind it. */
export function npyWith(header: string, bytes: readonly number[]): Buffer {
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), Buffer.from(bytes)]);
}
