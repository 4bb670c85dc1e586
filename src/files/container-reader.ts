import { ShoalError } from '../errors/shoal-error.ts';
import { inflate } from '../platform/compression.ts';
import { Sha256, sha256 } from '../platform/digests.ts';
import type { ByteSource } from './byte-streams.ts';
import { canonicalJson, sameBytes } from './canonical-json.ts';
import {
  CHUNK_BYTES,
  Description,
  DIGEST_BYTES,
  END_MAGIC,
  FILE_KINDS,
  FORMAT_VERSION,
  HEAD_OFFSETS,
  type Header,
  ID_BYTES,
  MAGIC,
  MOST_DESCRIPTION_BYTES,
  MOST_PARTS,
  MOST_STORED_BYTES,
  PART_HEAD_BYTES,
  PART_TYPES,
  type PartName,
  TRAILER_BYTES,
} from './container-format.ts';

/** Location of a part in a file whose checksums were right when it was opened. Plain data. */
export interface PartLocation extends PartName {
  /** Offset of the part's head in the file, in bytes. */
  readonly at: number;
  /** Bytes of the contents, before compression. */
  readonly length: number;
  /** Bytes of the part in the file, head and checksum included. */
  readonly storedLength: number;
  readonly compressed: boolean;
  readonly headChecksum: Uint8Array<ArrayBuffer>;
  readonly checksum: Uint8Array<ArrayBuffer>;
}

/**
 * A container whose checksums are right. Its contents are not trusted: an attacker can compute
 * right checksums for any contents.
 */
export interface Container {
  readonly source: ByteSource;
  readonly header: Header;
  readonly parts: readonly PartLocation[];
}

/** Receives the number of bytes read so far, of `total`. */
export type ReadProgress = (done: number, total: number) => void;

/**
 * Reads the head of a container.
 *
 * @throws ShoalError if the file is not a container, is damaged, or has another version
 */
export function readHeader(source: ByteSource): Header {
  return readHead(source).header;
}

/**
 * Opens a container: reads all of it once, chunk by chunk, and compares checksums. Sizes that the
 * file claims are checked before memory is allocated for them.
 *
 * @param accept checks the header before the rest is read; throws to refuse the file
 * @throws ShoalError if the file is not a container, is damaged, or has another version
 */
export function openContainer(
  source: ByteSource,
  accept: (header: Header) => void = () => {},
  onProgress: ReadProgress = () => {},
): Container {
  const { header, checksum: headChecksum, end } = readHead(source);
  accept(header);
  const parts: PartLocation[] = [];
  let at = end;
  for (let index = 0; index < header.partCount; index++) {
    const part = checkPart(source, header, headChecksum, at, index);
    parts.push(part);
    at += part.storedLength;
    onProgress(at, source.size);
  }
  const trailer = source.read(at, TRAILER_BYTES);
  const before = trailer.subarray(0, 16);
  const checksum = sha256(headChecksum, ...parts.map((part) => part.checksum), before);
  const size = viewOf(trailer).getBigUint64(8, true);
  if (!sameBytes(trailer.subarray(0, 8), END_MAGIC)) throw damaged(source, 'its end');
  if (!sameBytes(trailer.subarray(16), checksum)) throw damaged(source, 'its end');
  if (size !== BigInt(at + TRAILER_BYTES)) throw damaged(source, 'its end');
  const rest = source.size - at - TRAILER_BYTES;
  if (rest > 0) {
    const message = `${rest} bytes follow the end of the file`;
    throw new ShoalError('file-too-long', message, { file: source.name });
  }
  return { source, header, parts };
}

/**
 * Reads the contents of a part. Compares the checksum again, because the file may have changed
 * since it was opened.
 *
 * @param length bytes that the contents must have: memory is allocated for these, not for what the
 *   file claims
 * @throws ShoalError if the contents have another length or another checksum
 */
export function readPart(
  source: ByteSource,
  part: PartLocation,
  length: number,
): Uint8Array<ArrayBuffer> {
  const what = `part ${toName(part)}`;
  if (part.length !== length) {
    const message = `${what} has ${part.length} bytes; the plan requires ${length}`;
    throw new ShoalError('bad-file', message, { file: source.name });
  }
  const contents = new Uint8Array(length);
  const hash = new Sha256().add(part.headChecksum).add(source.read(part.at, PART_HEAD_BYTES));
  let at = part.at + PART_HEAD_BYTES;
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    const raw = Math.min(CHUNK_BYTES, length - done);
    const { bytes, stored } = readChunk(source, at, part.compressed, raw, what);
    hash.add(bytes);
    contents.set(part.compressed ? inflated(source, stored, raw, what) : stored, done);
    at += bytes.length;
  }
  if (!sameBytes(hash.digest(), part.checksum)) throw damaged(source, what);
  return contents;
}

interface Head {
  readonly header: Header;
  readonly checksum: Uint8Array<ArrayBuffer>;
  /** Offset of the first part. */
  readonly end: number;
}

function readHead(source: ByteSource): Head {
  const { name, size } = source;
  const start = source.read(0, Math.min(size, MAGIC.length));
  if (!sameBytes(start, MAGIC)) throw notShoals(source, start);
  const fixed = source.read(0, HEAD_OFFSETS.description);
  const version = viewOf(fixed).getUint16(HEAD_OFFSETS.version, true);
  if (version !== FORMAT_VERSION) {
    const message = `the file has version ${version} of the format; shoal reads version ${FORMAT_VERSION} only`;
    throw new ShoalError('file-version', message, { file: name });
  }
  const length = viewOf(fixed).getUint32(HEAD_OFFSETS.descriptionLength, true);
  if (length > MOST_DESCRIPTION_BYTES) throw damaged(source, 'its head');
  const end = HEAD_OFFSETS.description + length;
  const head = source.read(0, end);
  const checksum = source.read(end, DIGEST_BYTES);
  if (!sameBytes(sha256(head), checksum)) throw damaged(source, 'its head');
  return { header: decodeHead(source, head), checksum, end: end + DIGEST_BYTES };
}

function notShoals({ name, size }: ByteSource, start: Uint8Array): ShoalError {
  const location = { file: name };
  if (size === 0) return new ShoalError('not-a-shoal-file', 'the file is empty', location);
  // Programs that take a binary file for text drop its carriage return or add a second one.
  const asText = start[0] === MAGIC[0] && sameBytes(start.subarray(0, 6), MAGIC.subarray(0, 6));
  const message = asText
    ? 'its first bytes were changed, as if it had been sent as text; send it as a binary file'
    : 'this is not a key, upload or result that shoal has written';
  return new ShoalError('not-a-shoal-file', message, location);
}

/** Decodes a head whose checksum is right; it may still be wrong on purpose. */
function decodeHead(source: ByteSource, head: Uint8Array<ArrayBuffer>): Header {
  const bad = (message: string) => new ShoalError('bad-file', message, { file: source.name });
  const view = viewOf(head);
  const kind = FILE_KINDS[(head[HEAD_OFFSETS.kind] as number) - 1];
  if (kind === undefined) throw bad(`the file is of an unknown kind: ${head[HEAD_OFFSETS.kind]}`);
  const compression = head[HEAD_OFFSETS.compression] as number;
  if (compression > 1) throw bad(`the file is compressed by an unknown method: ${compression}`);
  const partCount = view.getUint32(HEAD_OFFSETS.parts, true);
  if (partCount > MOST_PARTS) throw bad(`the file claims ${partCount} parts`);
  const slice = (at: number, length: number) => head.slice(at, at + length);
  return {
    kind,
    compressed: compression === 1,
    partCount,
    plan: slice(HEAD_OFFSETS.plan, DIGEST_BYTES),
    parameters: slice(HEAD_OFFSETS.parameters, DIGEST_BYTES),
    keys: slice(HEAD_OFFSETS.keys, DIGEST_BYTES),
    file: slice(HEAD_OFFSETS.file, ID_BYTES),
    description: decodeDescription(head.subarray(HEAD_OFFSETS.description), bad),
  };
}

function decodeDescription(bytes: Uint8Array, bad: (message: string) => ShoalError): Description {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('its description is not JSON');
  }
  const parsed = Description.safeParse(value);
  if (!parsed.success) throw bad('its description does not have the fields of version 1');
  if (canonicalJson(parsed.data) !== text) throw bad('its description is not canonical JSON');
  return parsed.data;
}

function checkPart(
  source: ByteSource,
  header: Header,
  headChecksum: Uint8Array<ArrayBuffer>,
  at: number,
  index: number,
): PartLocation {
  const head = source.read(at, PART_HEAD_BYTES);
  const what = `part ${index + 1} of ${header.partCount}`;
  const view = viewOf(head);
  const length = Number(view.getBigUint64(16, true));
  // A false claim of terabytes is refused here, or at the end of the file if it is compressed.
  if (!header.compressed && length > source.size) source.read(at + PART_HEAD_BYTES, length);
  const hash = new Sha256().add(headChecksum).add(head);
  let next = at + PART_HEAD_BYTES;
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    const raw = Math.min(CHUNK_BYTES, length - done);
    const { bytes } = readChunk(source, next, header.compressed, raw, what);
    hash.add(bytes);
    next += bytes.length;
  }
  const checksum = source.read(next, DIGEST_BYTES);
  if (!sameBytes(hash.digest(), checksum)) throw damaged(source, what);
  const type = PART_TYPES[(head[4] as number) - 1];
  const isValid = type !== undefined && view.getUint32(0, true) === index;
  if (!isValid || head[5] || head[6] || head[7]) {
    const message = `${what} has an unknown type or another index`;
    throw new ShoalError('bad-file', message, { file: source.name });
  }
  return {
    type,
    run: view.getUint32(8, true),
    value: view.getUint32(12, true),
    at,
    length,
    storedLength: next + DIGEST_BYTES - at,
    compressed: header.compressed,
    headChecksum,
    checksum,
  };
}

/** Reads a chunk; returns it with the four bytes of its length (`bytes`) and without (`stored`). */
function readChunk(
  source: ByteSource,
  at: number,
  compressed: boolean,
  raw: number,
  what: string,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly stored: Uint8Array<ArrayBuffer> } {
  const length = viewOf(source.read(at, 4)).getUint32(0, true);
  const fits = compressed ? length > 0 && length <= MOST_STORED_BYTES : length === raw;
  if (!fits) throw damaged(source, what);
  const bytes = source.read(at, 4 + length);
  return { bytes, stored: bytes.subarray(4) };
}

function inflated(
  source: ByteSource,
  stored: Uint8Array,
  length: number,
  what: string,
): Uint8Array {
  const bytes = inflate(stored, length);
  if (bytes !== undefined) return bytes;
  throw new ShoalError('bad-file', `${what} cannot be decompressed`, { file: source.name });
}

function damaged({ name }: ByteSource, what: string): ShoalError {
  const message = `the file is damaged: ${what} does not match its checksum`;
  return new ShoalError('file-damaged', message, { file: name });
}

function toName({ type, run, value }: PartName): string {
  return `'${type}' (run ${run}, value ${value})`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
