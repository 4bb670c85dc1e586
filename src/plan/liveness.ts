import type { PlanOp } from './plan.ts';

/** An operation of a plan, or of one that is still being made. */
interface Reading {
  readonly op: PlanOp['op'];
  readonly args?: readonly number[];
}

/** Indices of the values an operation reads, in order; a value read twice appears twice. */
export function operands(op: Reading): readonly number[] {
  return op.args ?? [];
}

/**
 * For each value the index of the last operation that reads it: its own index if nothing does, and
 * `ops.length` if it is an output. Whoever runs the plan can free a value right after that operation.
 */
export function lastUses(plan: {
  readonly ops: readonly PlanOp[];
  readonly outputs: readonly { readonly value: number }[];
}): Int32Array {
  const last = new Int32Array(plan.ops.length);
  plan.ops.forEach((op, at) => {
    last[at] = at;
    for (const arg of operands(op)) last[arg] = at;
  });
  for (const output of plan.outputs) last[output.value] = plan.ops.length;
  return last;
}
