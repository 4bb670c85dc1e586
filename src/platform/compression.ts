import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Bytes compressed with deflate (RFC 1951), without a wrapper, as quickly as it can. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return deflateRawSync(bytes, { level: 1 });
}

/**
 * What {@link deflate} was given.
 *
 * @param length what it has to have, so that nothing is allocated on the word of a file
 * @returns undefined if the bytes are not such, or of another length
 */
export function inflate(bytes: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const inflated = inflateRawSync(bytes, { maxOutputLength: length });
    return inflated.length === length ? inflated : undefined;
  } catch {
    return undefined;
  }
}
