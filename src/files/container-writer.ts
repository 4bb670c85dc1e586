import { deflate } from '../platform/compression.ts';
import { sha256 } from '../platform/digests.ts';
import type { ByteSink } from './byte-streams.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  CHUNK_BYTES,
  END_MAGIC,
  FILE_KINDS,
  FORMAT_VERSION,
  HEAD_OFFSETS,
  type Header,
  MAGIC,
  MOST_DESCRIPTION_BYTES,
  PART_HEAD_BYTES,
  PART_TYPES,
  type PartName,
  TRAILER_BYTES,
} from './container-format.ts';

/** Writes a container part by part. Keeps only the checksums of the parts in memory. */
export class ContainerWriter {
  readonly #sink: ByteSink;
  readonly #header: Header;
  readonly #headChecksum: Uint8Array;
  readonly #checksums: Uint8Array[] = [];
  #written = 0;

  constructor(sink: ByteSink, header: Header) {
    this.#sink = sink;
    this.#header = header;
    const head = encodeHead(header);
    this.#headChecksum = sha256(head);
    this.#write(head);
    this.#write(this.#headChecksum);
  }

  /** Writes the next part. */
  part(name: PartName, contents: Uint8Array): void {
    const head = encodePartHead(name, this.#checksums.length, contents.length);
    this.#write(head);
    const pieces: Uint8Array[] = [this.#headChecksum, head];
    for (let at = 0; at < contents.length; at += CHUNK_BYTES) {
      const chunk = contents.subarray(at, at + CHUNK_BYTES);
      // Fast compression is enough: slower methods gain nothing on random bytes.
      const stored = this.#header.compressed ? deflate(chunk) : chunk;
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, stored.length, true);
      this.#write(length);
      this.#write(stored);
      pieces.push(length, stored);
    }
    const checksum = sha256(...pieces);
    this.#checksums.push(checksum);
    this.#write(checksum);
  }

  /** Writes the trailer, after all parts that the header announced. */
  end(): void {
    if (this.#checksums.length !== this.#header.partCount) {
      throw new Error('internal error: a file does not have the number of parts in its header');
    }
    const trailer = new Uint8Array(TRAILER_BYTES);
    trailer.set(END_MAGIC);
    const size = BigInt(this.#written + TRAILER_BYTES);
    new DataView(trailer.buffer).setBigUint64(8, size, true);
    const before = trailer.subarray(0, 16);
    trailer.set(sha256(this.#headChecksum, ...this.#checksums, before), 16);
    this.#write(trailer);
  }

  #write(bytes: Uint8Array): void {
    this.#sink.write(bytes);
    this.#written += bytes.length;
  }
}

function encodeHead(header: Header): Uint8Array {
  const description = new TextEncoder().encode(canonicalJson(header.description));
  if (description.length > MOST_DESCRIPTION_BYTES) {
    throw new Error('internal error: the description of a file is too long');
  }
  const head = new Uint8Array(HEAD_OFFSETS.description + description.length);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setUint16(HEAD_OFFSETS.version, FORMAT_VERSION, true);
  head[HEAD_OFFSETS.kind] = 1 + FILE_KINDS.indexOf(header.kind);
  head[HEAD_OFFSETS.compression] = Number(header.compressed);
  view.setUint32(HEAD_OFFSETS.parts, header.partCount, true);
  head.set(header.plan, HEAD_OFFSETS.plan);
  head.set(header.parameters, HEAD_OFFSETS.parameters);
  head.set(header.keys, HEAD_OFFSETS.keys);
  head.set(header.file, HEAD_OFFSETS.file);
  view.setUint32(HEAD_OFFSETS.descriptionLength, description.length, true);
  head.set(description, HEAD_OFFSETS.description);
  return head;
}

function encodePartHead({ type, run, value }: PartName, index: number, length: number): Uint8Array {
  const head = new Uint8Array(PART_HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, index, true);
  head[4] = 1 + PART_TYPES.indexOf(type);
  view.setUint32(8, run, true);
  view.setUint32(12, value, true);
  view.setBigUint64(16, BigInt(length), true);
  return head;
}
