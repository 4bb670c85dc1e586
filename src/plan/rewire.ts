import type { Reading } from './liveness.ts';

/** Operations whose operands are named by their places in another list. */
export type Rewired<Op, Id extends number> = {
  [Field in keyof Op]: Field extends 'args' ? Ids<Op[Field], Id> : Op[Field];
};

type Ids<Args, Id> = { [Operand in keyof Args]: Id };

/** The operation with its operands where they are in another list. */
export function rewired<Op extends Reading<number>, From extends number, Id extends number>(
  op: Op & Reading<From>,
  idOf: (operand: From, index: number) => Id,
): Rewired<Op, Id> {
  const moved = op.args ? { ...op, args: op.args.map(idOf) } : op;
  // As many operands as before: a map keeps the length of a list, which its type does not say.
  return moved as Rewired<Op, Id>;
}
