import { ShoalError } from '../errors/shoal-error.ts';
import { deflate } from '../platform/compression.ts';
import { Sha256, sha256 } from '../platform/digests.ts';
import type { ByteSink } from './byte-streams.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  CHUNK_BYTES,
  countOf,
  END_MAGIC,
  type ExpectedParts,
  expectedAt,
  FILE_KINDS,
  FORMAT_VERSION,
  HEAD_OFFSETS,
  type Header,
  MAGIC,
  MOST_DESCRIPTION_BYTES,
  MOST_PARTS,
  PART_HEAD_BYTES,
  PART_TYPES,
  type PartName,
  TRAILER_BYTES,
} from './container-format.ts';

/** The header of a file that is to be written; the expected parts give their number. */
export type NewHeader = Omit<Header, 'partCount'>;

/** Writes a container part by part. Keeps nothing of the parts in memory. */
export class ContainerWriter {
  readonly #sink: ByteSink;
  readonly #compressed: boolean;
  readonly #expected: ExpectedParts;
  readonly #headChecksum: Uint8Array;
  /** Of the checksums so far. */
  readonly #all: Sha256;
  #parts = 0;
  #written = 0;

  /** @throws ShoalError if the file would have more parts or names than the format allows */
  constructor(sink: ByteSink, header: NewHeader, expected: ExpectedParts) {
    this.#sink = sink;
    this.#compressed = header.compressed;
    this.#expected = expected;
    const head = encodeHead({ ...header, partCount: countOf(expected) });
    this.#headChecksum = sha256(head);
    this.#all = new Sha256().add(this.#headChecksum);
    this.#write(head);
    this.#write(this.#headChecksum);
  }

  /** Writes the contents of the next part. */
  part(contents: Uint8Array): void {
    const { length } = contents;
    const { lengths, ...name } = expectedAt(this.#expected, this.#parts);
    if (!lengths.includes(length)) {
      throw new Error(
        `internal error: a part has ${length} bytes instead of ${lengths.join(' or ')}`,
      );
    }
    const head = encodePartHead(name, this.#parts++, length);
    this.#write(head);
    const hash = new Sha256().add(this.#headChecksum).add(head);
    for (let at = 0; at < contents.length; at += CHUNK_BYTES) {
      const chunk = contents.subarray(at, at + CHUNK_BYTES);
      // Fast compression is enough: slower methods gain nothing on random bytes.
      const stored = this.#compressed ? deflate(chunk) : chunk;
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, stored.length, true);
      this.#write(length);
      this.#write(stored);
      hash.add(length).add(stored);
    }
    const checksum = hash.digest();
    this.#all.add(checksum);
    this.#write(checksum);
  }

  /** Writes the trailer, after all parts. */
  end(): void {
    if (this.#parts !== countOf(this.#expected)) {
      throw new Error('internal error: a file does not have the number of parts in its header');
    }
    const trailer = new Uint8Array(TRAILER_BYTES);
    trailer.set(END_MAGIC);
    const size = BigInt(this.#written + TRAILER_BYTES);
    new DataView(trailer.buffer).setBigUint64(8, size, true);
    trailer.set(this.#all.add(trailer.subarray(0, 16)).digest(), 16);
    this.#write(trailer);
  }

  #write(bytes: Uint8Array): void {
    this.#sink.write(bytes);
    this.#written += bytes.length;
  }
}

function encodeHead(header: Header): Uint8Array {
  const { kind, partCount } = header;
  const description = new TextEncoder().encode(canonicalJson(header.description));
  if (partCount > MOST_PARTS) {
    throw tooMuch(`the ${kind} would have ${partCount} parts; a file has at most ${MOST_PARTS}`);
  }
  if (description.length > MOST_DESCRIPTION_BYTES) {
    const names = kind === 'result' ? 'ids of its uploads' : 'names of its inputs';
    throw tooMuch(
      `the ${names} would take ${description.length} bytes in the ${kind}; a file has room for ${MOST_DESCRIPTION_BYTES}`,
    );
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

function tooMuch(message: string): ShoalError {
  return new ShoalError('file-limit', message);
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
