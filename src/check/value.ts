import type { InputType, Secrecy } from '../ir/graph.ts';
import type { Constant } from '../tensor/constant.ts';
import type { TensorOp } from '../tensor/op.ts';
import type { Shape } from '../tensor/tensor.ts';

/** A value of the program during a walk: a constant, or a wire of the circuit. */
export type Value<W> =
  | { readonly kind: 'const'; readonly shape: Shape; readonly tensor: Constant }
  | { readonly kind: 'wire'; readonly shape: Shape; readonly secrecy: Secrecy; readonly wire: W };

/** Returns a constant as a value. */
export function constantValue(tensor: Constant): Value<never> {
  return { kind: 'const', shape: tensor.shape, tensor };
}

/**
 * The functions that a walk of the program calls for inputs, constants and operations. Each returns
 * a wire: nothing when a program is checked, a node when a circuit is built. The walk has checked
 * all shapes before, and computes operations on constants alone by itself.
 */
export interface Algebra<W> {
  input(type: InputType): W;
  constant(tensor: Constant): W;
  apply(op: TensorOp, args: readonly W[], shape: Shape, secrecy: Secrecy): W;
}

/** The algebra that checks a program: it computes nothing, and the walk only sees the types. */
export const TYPES_ONLY: Algebra<undefined> = {
  input: () => undefined,
  constant: () => undefined,
  apply: () => undefined,
};
