import { sha256Hex } from '../platform/digests.ts';
import { reduce } from './exact.ts';

/**
 * Returns a source of uniform residues: SHA-256 of the seed and a counter, 256 bits reduced modulo
 * the 120-bit modulus. The same seed gives the same residues, so that a failure can be repeated.
 */
export function residueSource(seed: string): () => bigint {
  let counter = 0;
  return () => reduce(BigInt(`0x${sha256Hex(`${seed}:${counter++}`)}`));
}
