import { createHash } from 'node:crypto';
import { defined } from '../../src/lookup.ts';

/** Takes containers apart and assembles them by docs/format.md, without using the tested code. */

export interface TakenPart {
  /** 24 bytes. */
  readonly head: Buffer;
  /** As in the file, each with the four bytes of its length before it. */
  readonly chunks: readonly Buffer[];
}

export interface Taken {
  /** 132 bytes and the description. */
  readonly head: Buffer;
  readonly parts: readonly TakenPart[];
}

const sha256 = (...pieces: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

export const chunkBytes = 2 ** 20;

/** Takes a complete container apart. */
export function takeApart(bytes: Uint8Array): Taken {
  const file = Buffer.from(bytes);
  const headEnd = 132 + file.readUInt32LE(128);
  const parts: TakenPart[] = [];
  let at = headEnd + 32;
  for (let i = 0; i < file.readUInt32LE(12); i++) {
    const head = file.subarray(at, at + 24);
    at += 24;
    const chunks: Buffer[] = [];
    for (let left = Number(head.readBigUInt64LE(16)); left > 0; left -= chunkBytes) {
      const end = at + 4 + file.readUInt32LE(at);
      chunks.push(file.subarray(at, end));
      at = end;
    }
    parts.push({ head, chunks });
    at += 32;
  }
  return { head: file.subarray(0, headEnd), parts };
}

/**
 * Assembles a container. All checksums are right, even if other bytes are wrong.
 *
 * @param forge changes the 16 bytes before the last checksum: the end's magic bytes and the size
 */
export function putTogether(
  { head, parts }: Taken,
  forge: (end: Buffer) => void = () => {},
): Buffer {
  const headChecksum = sha256(head);
  const checksums = parts.map((part) => sha256(headChecksum, part.head, ...part.chunks));
  const body = Buffer.concat([
    head,
    headChecksum,
    ...parts.flatMap((part, i) => [part.head, ...part.chunks, defined(checksums[i])]),
  ]);
  const end = Buffer.from('\x89end  \r\n\0\0\0\0\0\0\0\0', 'latin1');
  end.writeBigUInt64LE(BigInt(body.length + 48), 8);
  forge(end);
  return Buffer.concat([body, end, sha256(headChecksum, ...checksums, end)]);
}

/** Returns the contents of an uncompressed part. */
export function contentsOf({ chunks }: TakenPart): Buffer {
  return Buffer.concat(chunks.map((chunk) => chunk.subarray(4)));
}

/** Returns a part with other contents, uncompressed, in as many chunks as they need. */
export function withContents({ head }: TakenPart, contents: Uint8Array): TakenPart {
  const chunks: Buffer[] = [];
  for (let at = 0; at < contents.length; at += chunkBytes) {
    const chunk = contents.subarray(at, at + chunkBytes);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(chunk.length);
    chunks.push(Buffer.concat([length, chunk]));
  }
  const own = Buffer.from(head);
  own.writeBigUInt64LE(BigInt(contents.length), 16);
  return { head: own, chunks };
}

/** Returns a copy of the bytes with one changed. */
export function changed(bytes: Uint8Array, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

/** Returns a file whose head and parts give the number and the order of its parts. */
export function numbered({ head, parts }: Taken): Taken {
  const own = Buffer.from(head);
  own.writeUInt32LE(parts.length, 12);
  const renumbered = parts.map((part, i) => {
    const partHead = Buffer.from(part.head);
    partHead.writeUInt32LE(i, 0);
    return { ...part, head: partHead };
  });
  return { head: own, parts: renumbered };
}
