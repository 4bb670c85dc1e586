import type { ByteSource } from '../../src/files/byte-streams.ts';

/** What was read of a source: the bytes are also those that are hashed and allocated. */
export interface Work {
  reads: number;
  bytes: number;
}

/** Returns a source that counts what is read of another one. */
export function counted(source: ByteSource): readonly [ByteSource, Work] {
  const work: Work = { reads: 0, bytes: 0 };
  const read: ByteSource['read'] = (at, length) => {
    // A source refuses to read beyond its end before it takes memory.
    const bytes = source.read(at, length);
    work.reads++;
    work.bytes += length;
    return bytes;
  };
  return [{ ...source, read }, work];
}
