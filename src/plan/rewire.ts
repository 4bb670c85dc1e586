import type { Reading } from './liveness.ts';

/** An operation whose operands are indices into another list. */
export type Rewired<Op, Id extends number> = {
  [Field in keyof Op]: Field extends 'args' ? Ids<Op[Field], Id> : Op[Field];
};

type Ids<Args, Id> = { [Operand in keyof Args]: Id };

/** Returns an operation whose operands are replaced by their indices in another list. */
export function rewired<Op extends Reading<number>, From extends number, Id extends number>(
  op: Op & Reading<From>,
  idOf: (operand: From, index: number) => Id,
): Rewired<Op, Id> {
  const moved = op.args ? { ...op, args: op.args.map(idOf) } : op;
  // There are as many operands as before, which the type of `map` does not say.
  return moved as Rewired<Op, Id>;
}
