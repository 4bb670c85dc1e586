import { deflate } from '../platform/compression.ts';
import { sha256 } from '../platform/digests.ts';
import type { ByteSink } from './byte-streams.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  chunkBytes,
  endMagic,
  fileKinds,
  formatVersion,
  type Header,
  headPlaces,
  magic,
  mostDescriptionBytes,
  type PartName,
  partHeadBytes,
  partTypes,
  trailerBytes,
} from './container-format.ts';

/** Writes a container, part by part; keeps nothing of what is written but checksums. */
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
    for (let at = 0; at < contents.length; at += chunkBytes) {
      const chunk = contents.subarray(at, at + chunkBytes);
      // What is random cannot be packed better by taking longer.
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

  /** Writes what ends the file; all parts that the header has announced are written before. */
  end(): void {
    if (this.#checksums.length !== this.#header.partCount) {
      throw new Error('internal error: a file has another number of parts than it says');
    }
    const trailer = new Uint8Array(trailerBytes);
    trailer.set(endMagic);
    const size = BigInt(this.#written + trailerBytes);
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
  if (description.length > mostDescriptionBytes) {
    throw new Error('internal error: the description of a file is too long');
  }
  const head = new Uint8Array(headPlaces.description + description.length);
  const view = new DataView(head.buffer);
  head.set(magic);
  view.setUint16(headPlaces.version, formatVersion, true);
  head[headPlaces.kind] = 1 + fileKinds.indexOf(header.kind);
  head[headPlaces.compression] = Number(header.compressed);
  view.setUint32(headPlaces.parts, header.partCount, true);
  head.set(header.plan, headPlaces.plan);
  head.set(header.parameters, headPlaces.parameters);
  head.set(header.keys, headPlaces.keys);
  head.set(header.file, headPlaces.file);
  view.setUint32(headPlaces.descriptionLength, description.length, true);
  head.set(description, headPlaces.description);
  return head;
}

function encodePartHead({ type, run, value }: PartName, index: number, length: number): Uint8Array {
  const head = new Uint8Array(partHeadBytes);
  const view = new DataView(head.buffer);
  view.setUint32(0, index, true);
  head[4] = 1 + partTypes.indexOf(type);
  view.setUint32(8, run, true);
  view.setUint32(12, value, true);
  view.setBigUint64(16, BigInt(length), true);
  return head;
}
