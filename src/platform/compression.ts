import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Compresses bytes with raw DEFLATE (RFC 1951), at the fastest setting. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return deflateRawSync(bytes, { level: 1 });
}

/**
 * Decompresses bytes that {@link deflate} compressed.
 *
 * @param length bytes that the result must have, which limits the memory that is allocated
 * @returns undefined if the bytes cannot be decompressed, or give another length
 */
export function inflate(bytes: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const inflated = inflateRawSync(bytes, { maxOutputLength: length });
    return inflated.length === length ? inflated : undefined;
  } catch {
    return undefined;
  }
}
