import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { InputType } from './graph.ts';

/** Values for all inputs, by name. */
export type Point<T> = ReadonlyMap<string, Tensor<T>>;

/** Returns a point with a number from `next` for every element of every input. */
export function pointOf<T>(inputs: readonly InputType[], next: () => T): Point<T> {
  return new Map(
    inputs.map(({ name, shape }) => [
      name,
      { shape, data: Array.from({ length: sizeOf(shape) }, next) },
    ]),
  );
}
