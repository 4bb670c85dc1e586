import { createHash, hash, randomBytes as nodeRandomBytes } from 'node:crypto';

/** SHA-256 of bytes that are given piece by piece. */
export class Sha256 {
  readonly #hash = createHash('sha256');

  /** Appends a piece. */
  add(piece: Uint8Array | string): this {
    this.#hash.update(piece);
    return this;
  }

  /** Returns the digest. Nothing can be added afterwards. */
  digest(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#hash.digest());
  }
}

/** Returns the SHA-256 of bytes or a text. */
export function sha256(whole: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Sha256().add(whole).digest();
}

/**
 * Returns the SHA-256 of bytes or a text as hexadecimal digits. Faster than {@link sha256} on short
 * texts.
 */
export function sha256Hex(whole: Uint8Array | string): string {
  return hash('sha256', whole, 'hex');
}

/** Returns cryptographically secure random bytes. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(nodeRandomBytes(count));
}
