import { defined } from '../lookup.ts';
import type { ValueId } from './index-space.ts';
import type { PlanOp } from './plan.ts';

/** An operation of a plan or of a circuit that becomes one, with its operands. */
export interface Reading<Id extends number> {
  readonly op: PlanOp['op'];
  readonly args?: readonly Id[];
}

/**
 * Returns the values that an operation reads, in order; a value that it reads twice is there twice.
 */
export function operands<Id extends number>(op: Reading<Id>): readonly Id[] {
  return op.args ?? [];
}

/** Returns 1 for each value that an output depends on, 0 for others. */
export function neededValues({
  ops,
  outputs,
}: {
  readonly ops: readonly PlanOp[];
  readonly outputs: readonly { readonly value: ValueId }[];
}): Uint8Array {
  const needed = new Uint8Array(ops.length);
  for (const { value } of outputs) needed[value] = 1;
  for (let value = ops.length - 1; value >= 0; value--) {
    if (needed[value] === 1) for (const arg of operands(defined(ops[value]))) needed[arg] = 1;
  }
  return needed;
}

/**
 * Returns for each value the position in `order` of the last operation that reads it, after which
 * the value can be freed. It is the value's own position if no operation reads it, and the length
 * of `order` if it is an output.
 *
 * @param order operations in the order in which they run; the whole plan unless given
 * @param outputs values that are needed at the end; those of all outputs unless given
 */
export function lastUses(
  plan: {
    readonly ops: readonly PlanOp[];
    readonly outputs: readonly { readonly value: ValueId }[];
  },
  order: readonly ValueId[] = plan.ops.map((_, at) => at),
  outputs: readonly ValueId[] = plan.outputs.map(({ value }) => value),
): Int32Array {
  const last = new Int32Array(plan.ops.length);
  order.forEach((at, position) => {
    last[at] = position;
    for (const arg of operands(defined(plan.ops[at]))) last[arg] = position;
  });
  for (const value of outputs) last[value] = order.length;
  return last;
}
