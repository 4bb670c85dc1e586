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
  HEAD_PLACES,
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

/** Where a part lies in a file whose checksums were right when it was opened. Plain data. */
export interface PartLocation extends PartName {
  /** Of the part's head. */
  readonly at: number;
  /** Of the contents, before compression. */
  readonly length: number;
  /** Of the part in the file, head and checksum included. */
  readonly storedLength: number;
  readonly compressed: boolean;
  readonly headChecksum: Uint8Array<ArrayBuffer>;
  readonly checksum: Uint8Array<ArrayBuffer>;
}

/** A container whose checksums are right. Its contents may still be anything that somebody has written on purpose. */
export interface Container {
  readonly source: ByteSource;
  readonly header: Header;
  readonly parts: readonly PartLocation[];
}

/** Tells how many bytes are read; the file may be large. */
export type ReadProgress = (done: number, total: number) => void;

/**
 * The head of a container.
 *
 * @throws ShoalError if it is none, or damaged, or of another version
 */
export function readHeader(source: ByteSource): Header {
  return readHead(source).header;
}

/**
 * Opens a container: reads all of it once, chunk by chunk, and compares checksums. Nothing is allocated on the word
 * of the file.
 *
 * @param accept looks at the header before the rest is read; throws if it is not what is wanted
 * @throws ShoalError if it is no container, or damaged, or of another version
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
 * A part's contents; the checksum is compared again, for the file may have changed since it was opened.
 *
 * @param length what the contents have to have, so that nothing is allocated on the word of the file
 * @throws ShoalError
 */
export function readPart(
  source: ByteSource,
  part: PartLocation,
  length: number,
): Uint8Array<ArrayBuffer> {
  const what = `part ${toName(part)}`;
  if (part.length !== length) {
    const message = `${what} has ${part.length} bytes where the plan wants ${length}`;
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
  /** Where the parts begin. */
  readonly end: number;
}

function readHead(source: ByteSource): Head {
  const { name, size } = source;
  const start = source.read(0, Math.min(size, MAGIC.length));
  if (!sameBytes(start, MAGIC)) throw notOurs(source, start);
  const fixed = source.read(0, HEAD_PLACES.description);
  const version = viewOf(fixed).getUint16(HEAD_PLACES.version, true);
  if (version !== FORMAT_VERSION) {
    const message = `the file has version ${version} of the format; only version ${FORMAT_VERSION} is read`;
    throw new ShoalError('file-version', message, { file: name });
  }
  const length = viewOf(fixed).getUint32(HEAD_PLACES.descriptionLength, true);
  if (length > MOST_DESCRIPTION_BYTES) throw damaged(source, 'its head');
  const end = HEAD_PLACES.description + length;
  const head = source.read(0, end);
  const checksum = source.read(end, DIGEST_BYTES);
  if (!sameBytes(sha256(head), checksum)) throw damaged(source, 'its head');
  return { header: decodeHead(source, head), checksum, end: end + DIGEST_BYTES };
}

function notOurs({ name, size }: ByteSource, start: Uint8Array): ShoalError {
  const place = { file: name };
  if (size === 0) return new ShoalError('not-a-shoal-file', 'the file is empty', place);
  // The carriage return is lost, or a second one won, where binary files are taken for text.
  const asText = start[0] === MAGIC[0] && sameBytes(start.subarray(0, 6), MAGIC.subarray(0, 6));
  const why = asText
    ? 'its first bytes were changed, as if it had been sent as text; send it as a binary file'
    : 'it is no key, upload or result that shoal has written';
  return new ShoalError('not-a-shoal-file', why, place);
}

/** What follows was written by somebody who can compute a checksum: it may be wrong on purpose. */
function decodeHead(source: ByteSource, head: Uint8Array<ArrayBuffer>): Header {
  const bad = (what: string) => new ShoalError('bad-file', what, { file: source.name });
  const view = viewOf(head);
  const kind = FILE_KINDS[(head[HEAD_PLACES.kind] as number) - 1];
  if (kind === undefined) throw bad(`kind ${head[HEAD_PLACES.kind]} of files is not known`);
  const compression = head[HEAD_PLACES.compression] as number;
  if (compression > 1) throw bad(`compression ${compression} is not known`);
  const partCount = view.getUint32(HEAD_PLACES.parts, true);
  if (partCount > MOST_PARTS) throw bad(`the file claims ${partCount} parts`);
  const slice = (at: number, length: number) => head.slice(at, at + length);
  return {
    kind,
    compressed: compression === 1,
    partCount,
    plan: slice(HEAD_PLACES.plan, DIGEST_BYTES),
    parameters: slice(HEAD_PLACES.parameters, DIGEST_BYTES),
    keys: slice(HEAD_PLACES.keys, DIGEST_BYTES),
    file: slice(HEAD_PLACES.file, ID_BYTES),
    description: decodeDescription(head.subarray(HEAD_PLACES.description), bad),
  };
}

function decodeDescription(bytes: Uint8Array, bad: (what: string) => ShoalError): Description {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('its description is no JSON');
  }
  const parsed = Description.safeParse(value);
  if (!parsed.success) throw bad('its description has not the form of version 1');
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
  // Uncompressed, a claim of terabytes is refuted at once; compressed, by the end of the file.
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
  const isOurs = type !== undefined && view.getUint32(0, true) === index;
  if (!isOurs || head[5] || head[6] || head[7]) {
    const message = `${what} is not what its place in the file wants`;
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

/** A chunk with the length before it, and without. */
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
  throw new ShoalError('bad-file', `${what} is wrongly compressed`, { file: source.name });
}

function damaged({ name }: ByteSource, what: string): ShoalError {
  const message = `the file is damaged: ${what} does not have the checksum that is written beside it`;
  return new ShoalError('file-damaged', message, { file: name });
}

function toName({ type, run, value }: PartName): string {
  return `'${type}' (run ${run}, value ${value})`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
