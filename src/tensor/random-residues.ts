import { sha256Hex } from '../platform/digests.ts';
import { reduce } from './exact.ts';

/**
 * Uniform residues from a seed: SHA-256 of the seed and a counter, 256 bits reduced modulo a 120-bit
 * modulus. The same seed gives the same residues, so that a failure can be repeated.
 */
export function residueSource(seed: string): () => bigint {
  let counter = 0;
  return () => reduce(BigInt(`0x${sha256Hex(`${seed}:${counter++}`)}`));
}
