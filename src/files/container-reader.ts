import { ShoalError } from '../errors/shoal-error.ts';
import { defined, last } from '../lookup.ts';
import { inflate } from '../platform/compression.ts';
import { Sha256, sha256 } from '../platform/digests.ts';
import { type ByteSource, ForwardReader, requireRoom } from './byte-streams.ts';
import { canonicalJson, sameBytes } from './canonical-json.ts';
import {
  CHUNK_BYTES,
  countOf,
  Description,
  DIGEST_BYTES,
  END_MAGIC,
  type ExpectedPart,
  type ExpectedParts,
  expectedAt,
  FILE_KINDS,
  type FileKind,
  FORMAT_VERSION,
  HEAD_OFFSETS,
  type Header,
  ID_BYTES,
  LEAST_CONTENTS_BYTES,
  MAGIC,
  MOST_DESCRIPTION_BYTES,
  MOST_PARTS,
  PART_HEAD_BYTES,
  PART_TYPES,
  type PartName,
  storedChunk,
  storedPart,
  TRAILER_BYTES,
  TYPES_OF_KIND,
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

/** What a reader requires of a container, and does with its parts. */
export interface ContainerReading {
  /**
   * Checks the header, and returns the parts that the plan requires; undefined if no plan is known.
   * Throws to refuse the file before anything else of it is read.
   */
  readonly expect: (header: Header) => ExpectedParts | undefined;
  /** Receives each part, once its checksum is right. */
  readonly keep: (part: PartLocation) => void;
  readonly onProgress?: ReadProgress | undefined;
}

/**
 * Opens a container: reads all of it once, and keeps where its parts are. Throws what
 * {@link readContainer} throws.
 */
export function openContainer(
  source: ByteSource,
  expect: (header: Header) => ExpectedParts,
  onProgress?: ReadProgress,
): Container {
  const parts: PartLocation[] = [];
  const keep = (part: PartLocation) => {
    parts.push(part);
  };
  const header = readContainer(source, { expect, keep, onProgress });
  return { source, header, parts };
}

/**
 * Reads all of a container once, chunk by chunk, and compares checksums. With expected parts, the
 * work depends on what the plan allows, whatever the file claims. Without, it depends on the size
 * of the file. Memory contains one chunk at a time.
 *
 * @throws ShoalError if the file is not a container, is damaged, has another version, or does not
 *   have exactly the expected parts; without these, if it has parts that no file of its kind has
 */
export function readContainer(
  source: ByteSource,
  { expect, keep, onProgress }: ContainerReading,
): Header {
  const head = readHead(source);
  const expected = expect(head.header);
  if (expected !== undefined) requireSize(source, head, expected);
  const input = new ForwardReader(source, head.end);
  const all = new Sha256().add(head.checksum);
  for (let index = 0; index < head.header.partCount; index++) {
    const part = nextPart(source, input, head, index, expected);
    all.add(part.checksum);
    keep(part);
    onProgress?.(input.at, source.size);
  }
  const trailer = input.take(TRAILER_BYTES);
  const checksum = all.add(trailer.subarray(0, 16)).digest();
  const size = viewOf(trailer).getBigUint64(8, true);
  if (!sameBytes(trailer.subarray(0, 8), END_MAGIC)) throw damaged(source, 'its end');
  if (!sameBytes(trailer.subarray(16), checksum)) throw damaged(source, 'its end');
  if (size !== BigInt(input.at)) throw damaged(source, 'its end');
  const rest = source.size - input.at;
  if (rest > 0) {
    const message = `${rest} bytes follow the end of the file`;
    throw new ShoalError('file-too-long', message, { file: source.name });
  }
  return head.header;
}

/**
 * @throws ShoalError if a file has another number of parts than expected, or a size that the
 *   expected parts cannot give
 */
function requireSize(source: ByteSource, { header, end }: Head, expected: ExpectedParts): void {
  const count = countOf(expected);
  if (header.partCount !== count) {
    const message = `the file has ${header.partCount} parts; its plan requires ${count}`;
    throw badFile(source, message);
  }
  const { runs, parts } = expected;
  let [least, most] = [0, 0];
  for (const { lengths } of parts) {
    least += storedPart(defined(lengths[0]), header.compressed).least;
    most += storedPart(last(lengths), header.compressed).most;
  }
  requireRoom(source.name, source.size, end, runs * least + TRAILER_BYTES);
  const longest = end + runs * most + TRAILER_BYTES;
  if (source.size > longest) {
    const message = `the file has ${source.size} bytes; its plan allows at most ${longest}`;
    throw new ShoalError('file-too-long', message, { file: source.name });
  }
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
    throw badFile(source, `${what} has ${part.length} bytes; the plan requires ${length}`);
  }
  const contents = new Uint8Array(length);
  const input = new ForwardReader(source, part.at, part.at + part.storedLength);
  const hash = new Sha256().add(part.headChecksum).add(input.take(PART_HEAD_BYTES));
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    const raw = Math.min(CHUNK_BYTES, length - done);
    const stored = readChunk(source, input, part.compressed, raw, what, hash);
    contents.set(part.compressed ? inflated(source, stored, raw, what) : stored, done);
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
  const bad = (message: string) => badFile(source, message);
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
    description: decodeDescription(kind, head.subarray(HEAD_OFFSETS.description), bad),
  };
}

function decodeDescription(
  kind: FileKind,
  bytes: Uint8Array,
  bad: (message: string) => ShoalError,
): Description {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('its description is not JSON');
  }
  const parsed = Description.safeParse(value);
  if (!parsed.success) throw bad('its description does not have the fields of version 1');
  const { inputs, seeded, runs } = parsed.data;
  const isUpload = kind === 'upload';
  const isOwn =
    (inputs !== undefined) === isUpload &&
    (seeded !== undefined) === isUpload &&
    (runs !== undefined) === (kind === 'result');
  if (!isOwn) throw bad('its description does not have the fields of its kind');
  if (runs?.length === 0) throw bad('the result has no runs');
  if (canonicalJson(parsed.data) !== text) throw bad('its description is not canonical JSON');
  return parsed.data;
}

/** Reads the next part to its end, and keeps nothing of its contents. */
function nextPart(
  source: ByteSource,
  input: ForwardReader,
  head: Head,
  index: number,
  expected: ExpectedParts | undefined,
): PartLocation {
  const { at } = input;
  const { compressed } = head.header;
  const partHead = input.take(PART_HEAD_BYTES);
  const what = `part ${index + 1} of ${head.header.partCount}`;
  const view = viewOf(partHead);
  const length = Number(view.getBigUint64(16, true));
  // These two come before the contents are read; all else waits for the checksum, which tells
  // damage from forgery.
  requireRoom(source.name, source.size, at, storedPart(length, compressed).least);
  requireLength(source, what, length, expected && expectedAt(expected, index));
  const hash = new Sha256().add(head.checksum).add(partHead);
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    readChunk(source, input, compressed, Math.min(CHUNK_BYTES, length - done), what, hash);
  }
  const checksum = input.take(DIGEST_BYTES).slice();
  if (!sameBytes(hash.digest(), checksum)) throw damaged(source, what);
  const type = PART_TYPES[(partHead[4] as number) - 1];
  const isValid = type !== undefined && view.getUint32(0, true) === index;
  if (!isValid || partHead[5] || partHead[6] || partHead[7]) {
    throw badFile(source, `${what} has an unknown type or another index`);
  }
  const name = { type, run: view.getUint32(8, true), value: view.getUint32(12, true) };
  requireName(source, head.header, name, expected && expectedAt(expected, index));
  return {
    ...name,
    at,
    length,
    storedLength: input.at - at,
    compressed,
    headChecksum: head.checksum,
    checksum,
  };
}

/** @throws ShoalError if a part has a length that is not expected, or that no part has */
function requireLength(
  source: ByteSource,
  what: string,
  length: number,
  expected: ExpectedPart | undefined,
): void {
  const fits = expected ? expected.lengths.includes(length) : length >= LEAST_CONTENTS_BYTES;
  if (fits) return;
  const required = expected
    ? `its plan requires ${expected.lengths.join(' or ')}`
    : `no part is shorter than ${LEAST_CONTENTS_BYTES}`;
  throw badFile(source, `${what} has ${length} bytes; ${required}`);
}

/** @throws ShoalError if a part is not the expected one, or none of its kind of file */
function requireName(
  source: ByteSource,
  { kind }: Header,
  { type, run, value }: PartName,
  expected: PartName | undefined,
): void {
  if (expected === undefined) {
    if (TYPES_OF_KIND[kind].includes(type)) return;
    throw badFile(source, `a part is of a type that no file of this kind has: ${type}`);
  }
  if (type === expected.type && run === expected.run && value === expected.value) return;
  throw badFile(source, 'the parts of the file are not those of its plan, or not in their order');
}

/** Reads a chunk as it is stored, and adds it with its length to a hash. */
function readChunk(
  source: ByteSource,
  input: ForwardReader,
  compressed: boolean,
  raw: number,
  what: string,
  hash: Sha256,
): Uint8Array {
  const bytes = input.take(4);
  const length = viewOf(bytes).getUint32(0, true);
  const { least, most } = storedChunk(raw, compressed);
  if (length < least || length > most) throw damaged(source, what);
  hash.add(bytes);
  const stored = input.take(length);
  hash.add(stored);
  return stored;
}

function inflated(
  source: ByteSource,
  stored: Uint8Array,
  length: number,
  what: string,
): Uint8Array {
  const bytes = inflate(stored, length);
  if (bytes !== undefined) return bytes;
  throw badFile(source, `${what} cannot be decompressed`);
}

function badFile({ name }: ByteSource, message: string): ShoalError {
  return new ShoalError('bad-file', message, { file: name });
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
