import { operands } from '../plan/liveness.ts';
import { type Measures, measure } from '../plan/measure.ts';
import type { PlanOp } from '../plan/plan.ts';

/** Rescalings on the longest path to each value, itself included. */
export function rescalingsBefore(ops: readonly PlanOp[]): readonly number[] {
  const heights: number[] = [];
  for (const op of ops) {
    const below = operands(op).reduce((most, arg) => Math.max(most, heights[arg] ?? 0), 0);
    heights.push(below + (op.op === 'rescale' ? 1 : 0));
  }
  return heights;
}

/** What a plan costs that was read from a file. */
export function measurePlan({ ops }: { readonly ops: readonly PlanOp[] }): Measures {
  const levels = rescalingsBefore(ops).reduce((most, height) => Math.max(most, height), 0);
  return measure(ops, levels);
}
