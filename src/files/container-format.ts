import { z } from 'zod';
import type { PlanFacts } from './plan-identity.ts';

/**
 * The container of keys, uploads and results, as `docs/format.md` describes it byte by byte. Numbers are little
 * endian.
 */

export const MAGIC = Uint8Array.of(0x89, 0x73, 0x68, 0x6f, 0x61, 0x6c, 0x0d, 0x0a);
export const END_MAGIC = Uint8Array.of(0x89, 0x65, 0x6e, 0x64, 0x20, 0x20, 0x0d, 0x0a);
export const FORMAT_VERSION = 1;

/** Kinds of files, by their numbers. */
export const FILE_KINDS = [
  'secret key',
  'public key',
  'evaluation keys',
  'upload',
  'result',
] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** What parts hold, by their numbers. */
export const PART_TYPES = [
  'secretKey',
  'publicKey',
  'relinearizationKey',
  'rotationKey',
  'ciphertext',
  'clear',
] as const;
export type PartType = (typeof PART_TYPES)[number];

/** A part's contents are cut into chunks of so many bytes, the last one shorter. */
export const CHUNK_BYTES = 2 ** 20;
/** What a chunk may take in the file: one that cannot be compressed grows a little. */
export const MOST_STORED_BYTES = CHUNK_BYTES + 2 ** 12;
/** More than any plan's keys and values. */
export const MOST_PARTS = 2 ** 22;
export const MOST_DESCRIPTION_BYTES = 2 ** 20;

/** Places in the head. */
export const HEAD_PLACES = {
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
/** Index, type, three zeros, run, value, length. */
export const PART_HEAD_BYTES = 24;
export const TRAILER_BYTES = 48;

const identifier = z.string().regex(/^[A-Za-z_]\w*$/);
const count = z.int().positive();

/** What a file says of itself in words, beside what its head and its parts have. */
export const Description = z.strictObject({
  circuit: z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u),
  scheme: z.enum(['ckks', 'bfv', 'bgv']),
  polyModulusDegree: count,
  coeffModulusBits: z.array(count),
  plainModulus: count.optional(),
  securityBits: count,
  /** Of an upload: inputs that are encrypted in it. */
  inputs: z.array(identifier).optional(),
  /** Of an upload: whether only the secret key can have made it, and the random halves are seeds. */
  seeded: z.boolean().optional(),
  /** Of a result: the uploads of each run, by their ids. */
  runs: z.array(z.array(z.string().regex(/^[0-9a-f]{32}$/))).optional(),
});
export type Description = z.infer<typeof Description>;

/** What a file begins with. */
export interface Header {
  readonly kind: FileKind;
  readonly compressed: boolean;
  readonly partCount: number;
  /** See {@link PlanIdentity}. */
  readonly plan: Uint8Array<ArrayBuffer>;
  readonly parameters: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the public key as SEAL saves it: names the key set. */
  readonly keys: Uint8Array<ArrayBuffer>;
  /** Random: names the file. */
  readonly file: Uint8Array<ArrayBuffer>;
  readonly description: Description;
}

/** What a part holds. */
export interface PartName {
  readonly type: PartType;
  /** Of a result: which run, from 0. */
  readonly run: number;
  /** Steps of a rotation key; place in the plan of a value. */
  readonly value: number;
}

/** The facts of a description that are the plan's. */
export function planFacts(description: Description): PlanFacts {
  const { inputs: _, seeded: __, runs: ___, ...facts } = description;
  return facts;
}
