import { z } from 'zod';
import { at } from '../lookup.ts';
import type { PlanFacts } from './plan-identity.ts';

/**
 * The constants and types of the container format for keys, uploads and results, which
 * `docs/format.md` describes byte by byte. Numbers are little endian.
 */

export const MAGIC = Uint8Array.of(0x89, 0x73, 0x68, 0x6f, 0x61, 0x6c, 0x0d, 0x0a);
export const END_MAGIC = Uint8Array.of(0x89, 0x65, 0x6e, 0x64, 0x20, 0x20, 0x0d, 0x0a);
export const FORMAT_VERSION = 1;

/** The kinds of files. Kind number n in a file stands for entry n - 1. */
export const FILE_KINDS = [
  'secret key',
  'public key',
  'evaluation keys',
  'upload',
  'result',
] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** The types of parts. Type number n in a file stands for entry n - 1. */
export const PART_TYPES = [
  'secretKey',
  'publicKey',
  'relinearizationKey',
  'rotationKey',
  'ciphertext',
  'clear',
] as const;
export type PartType = (typeof PART_TYPES)[number];

/** The types of parts that files of each kind have, whatever their plan. */
export const TYPES_OF_KIND: Readonly<Record<FileKind, readonly PartType[]>> = {
  'secret key': ['secretKey'],
  'public key': ['publicKey'],
  'evaluation keys': ['publicKey', 'relinearizationKey', 'rotationKey'],
  upload: ['ciphertext'],
  result: ['ciphertext', 'clear'],
};

/**
 * Size in bytes of the chunks that the contents of a part are cut into; the last may be shorter.
 */
export const CHUNK_BYTES = 2 ** 20;
/** Limit on what compression adds to a chunk: data that cannot be compressed grow a little. */
const MOST_EXCESS_BYTES = 2 ** 12;
/**
 * Limit on the bytes that DEFLATE makes of one: its shortest code for 258 bytes has two bits ("zlib
 * Technical Details", Gailly and Adler).
 */
const MOST_INFLATION = 1032;
/** Limit on the number of parts: more than the keys and values of any plan. */
export const MOST_PARTS = 2 ** 22;
/** The shortest contents of a part: one number in the clear. */
export const LEAST_CONTENTS_BYTES = 8;
/** Limit on the bytes of a description. */
export const MOST_DESCRIPTION_BYTES = 2 ** 20;

/** Offsets of the head's fields, in bytes. */
export const HEAD_OFFSETS = {
  version: 8,
  kind: 10,
  compression: 11,
  parts: 12,
  plan: 16,
  parameters: 48,
  keys: 80,
  file: 112,
  descriptionLength: 128,
  description: 132,
} as const;
export const ID_BYTES = 16;
export const DIGEST_BYTES = 32;
/** Size of a part's head: index, type, three zeros, run, value, length. */
export const PART_HEAD_BYTES = 24;
export const TRAILER_BYTES = 48;

/** The least and the largest number of bytes that something may have in a file. */
export interface StoredRange {
  readonly least: number;
  readonly most: number;
}

/** Returns how many bytes a chunk may have in the file, without its length. */
export function storedChunk(bytes: number, compressed: boolean): StoredRange {
  if (!compressed) return { least: bytes, most: bytes };
  return { least: Math.ceil(bytes / MOST_INFLATION), most: bytes + MOST_EXCESS_BYTES };
}

/** Returns how many bytes a part may have in the file, with its head and checksum. */
export function storedPart(bytes: number, compressed: boolean): StoredRange {
  const whole = Math.floor(bytes / CHUNK_BYTES);
  const rest = bytes - whole * CHUNK_BYTES;
  const frame = PART_HEAD_BYTES + 4 * (whole + Number(rest > 0)) + DIGEST_BYTES;
  const chunk = storedChunk(CHUNK_BYTES, compressed);
  const last = rest > 0 ? storedChunk(rest, compressed) : { least: 0, most: 0 };
  return {
    least: frame + whole * chunk.least + last.least,
    most: frame + whole * chunk.most + last.most,
  };
}

const identifier = z.string().regex(/^[A-Za-z_]\w*$/);
const count = z.int().positive();

/**
 * The JSON description in a file's head: facts for people, and those without a field of their own.
 */
export const Description = z.strictObject({
  circuit: z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u),
  scheme: z.enum(['ckks', 'bfv', 'bgv']),
  polyModulusDegree: count,
  coeffModulusBits: z.array(count),
  plainModulus: count.optional(),
  securityBits: count,
  /** Uploads only: the inputs that are encrypted in it. */
  inputs: z.array(identifier).optional(),
  /**
   * Uploads only: whether it was encrypted with the secret key, so that random halves are seeds.
   */
  seeded: z.boolean().optional(),
  /** Results only: the ids of the uploads of each run. */
  runs: z.array(z.array(z.string().regex(/^[0-9a-f]{32}$/)).min(1)).optional(),
});
export type Description = z.infer<typeof Description>;

/** The contents of a file's head. */
export interface Header {
  readonly kind: FileKind;
  readonly compressed: boolean;
  readonly partCount: number;
  /** See {@link PlanIdentity}. */
  readonly plan: Uint8Array<ArrayBuffer>;
  readonly parameters: Uint8Array<ArrayBuffer>;
  /** The key set id: SHA-256 of the public key as SEAL saves it. */
  readonly keys: Uint8Array<ArrayBuffer>;
  /** The file id: random bytes. */
  readonly file: Uint8Array<ArrayBuffer>;
  readonly description: Description;
}

/** The name of a part: it says what the part contains. */
export interface PartName {
  readonly type: PartType;
  /** The number of the run, from 0, in a result; else 0. */
  readonly run: number;
  /** The offset of a rotation key; the index of a value among the plan's operations; else 0. */
  readonly value: number;
}

/** A part that a plan requires. */
export interface ExpectedPart extends Omit<PartName, 'run'> {
  /** The bytes that its contents may have: ascending, and one number unless it is in the clear. */
  readonly lengths: readonly number[];
}

/** Exactly the parts of a file, as a plan requires them. */
export interface ExpectedParts {
  /** Number of times that the file has the parts: that of its runs, and 1 if it is no result. */
  readonly runs: number;
  /** The parts of a run, in their order. */
  readonly parts: readonly ExpectedPart[];
}

/** Returns the number of parts of a file. */
export function countOf({ runs, parts }: ExpectedParts): number {
  return runs * parts.length;
}

/** Returns the part at an index below {@link countOf}. */
export function expectedAt({ parts }: ExpectedParts, index: number): PartName & ExpectedPart {
  const run = Math.floor(index / parts.length);
  return { ...at(parts, index % parts.length), run };
}

/** Returns those facts of a description that come from the plan. */
export function planFacts(description: Description): PlanFacts {
  const { inputs: _, seeded: __, runs: ___, ...facts } = description;
  return facts;
}
