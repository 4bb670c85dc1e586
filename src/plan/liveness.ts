import { defined } from '../lookup.ts';
import type { ValueId } from './index-space.ts';
import type { PlanOp } from './plan.ts';

/** An operation of a plan, or of one that is still being made. */
export interface Reading<Id extends number> {
  readonly op: PlanOp['op'];
  readonly args?: readonly Id[];
}

/** The values an operation reads, in order; a value read twice appears twice. */
export function operands<Id extends number>(op: Reading<Id>): readonly Id[] {
  return op.args ?? [];
}

/**
 * For each value the place of the last operation that reads it: its own place if nothing does, and the
 * number of places if it is an output. Whoever runs the plan can free a value right after that operation.
 *
 * @param order operations in the order in which they are run, all of them unless given
 * @param outputs values that are wanted at the end, those of all outputs unless given
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
  order.forEach((at, place) => {
    last[at] = place;
    for (const arg of operands(defined(plan.ops[at]))) last[arg] = place;
  });
  for (const value of outputs) last[value] = order.length;
  return last;
}
