import { createHash, hash, randomBytes as nodeRandomBytes } from 'node:crypto';

/** SHA-256 of what comes piece by piece. */
export class Sha256 {
  readonly #hash = createHash('sha256');

  /** Appends a piece. */
  add(piece: Uint8Array | string): this {
    this.#hash.update(piece);
    return this;
  }

  /** The digest; nothing can be added afterwards. */
  digest(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#hash.digest());
  }
}

/** SHA-256 of some bytes, one piece after another. */
export function sha256(...pieces: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const all = new Sha256();
  for (const piece of pieces) all.add(piece);
  return all.digest();
}

/** SHA-256 of a text as hexadecimal digits; quick, for many short texts. */
export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Bytes that nobody can foresee. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(nodeRandomBytes(count));
}
