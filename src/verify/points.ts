import { createHash } from 'node:crypto';
import { reduce } from '../tensor/exact.ts';

/**
 * Uniform residues from a seed: SHA-256 of the seed and a counter, 256 bits reduced modulo a 120-bit
 * modulus. The same seed gives the same points, so that a failure can be repeated.
 */
export function residueSource(seed: string): () => bigint {
  let counter = 0;
  return () => {
    const digest = createHash('sha256').update(`${seed}:${counter++}`).digest('hex');
    return reduce(BigInt(`0x${digest}`));
  };
}
