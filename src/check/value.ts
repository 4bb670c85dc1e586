import type { InputType, Secrecy } from '../ir/graph.ts';
import type { Constant } from '../tensor/constant.ts';
import type { TensorOp } from '../tensor/op.ts';
import type { Shape } from '../tensor/tensor.ts';

/** A value of the program while it is walked: known to the compiler, or a wire of the circuit. */
export type Value<W> =
  | { readonly kind: 'const'; readonly shape: Shape; readonly tensor: Constant }
  | { readonly kind: 'wire'; readonly shape: Shape; readonly secrecy: Secrecy; readonly wire: W };

/** A constant as a value of any walk. */
export function constantValue(tensor: Constant): Value<never> {
  return { kind: 'const', shape: tensor.shape, tensor };
}

/**
 * What a walk of the program makes. Checking makes nothing; building makes nodes. Shapes have been
 * checked when an algebra is called, and operands are wires or constants with at least one wire.
 */
export interface Algebra<W> {
  input(type: InputType): W;
  constant(tensor: Constant): W;
  apply(op: TensorOp, args: readonly W[], shape: Shape, secrecy: Secrecy): W;
}

/** Types only: what `shoal check` walks with. */
export const TYPES_ONLY: Algebra<undefined> = {
  input: () => undefined,
  constant: () => undefined,
  apply: () => undefined,
};
