import { createHash } from 'node:crypto';
import { reduce } from '../tensor/exact.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { InputType } from './graph.ts';

/** Values for all inputs, by name. */
export type Point<T> = ReadonlyMap<string, Tensor<T>>;

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

/** A point with a number for every element of every input. */
export function pointOf<T>(inputs: readonly InputType[], next: () => T): Point<T> {
  return new Map(
    inputs.map(({ name, shape }) => [
      name,
      { shape, data: Array.from({ length: sizeOf(shape) }, next) },
    ]),
  );
}
