import { operands } from '../plan/liveness.ts';
import { type Measures, measureOps } from '../plan/measures.ts';
import type { Plan, PlanOp } from '../plan/plan.ts';
import { SCHEMES } from '../schemes/schemes.ts';

/** Counts the operations of a kind on the longest path to each value, including itself. */
export function countBefore(ops: readonly PlanOp[], kind: PlanOp['op']): readonly number[] {
  const heights: number[] = [];
  for (const op of ops) {
    let below = 0;
    for (const arg of operands(op)) below = Math.max(below, heights[arg] ?? 0);
    heights.push(below + (op.op === kind ? 1 : 0));
  }
  return heights;
}

/** Measures a plan that was read from a file. */
export function measurePlan({ ops, scheme }: Pick<Plan, 'ops' | 'scheme'>): Measures {
  if (!SCHEMES[scheme].rescales) return measureOps(ops, null);
  const levels = countBefore(ops, 'rescale').reduce((most, height) => Math.max(most, height), 0);
  return measureOps(ops, levels);
}
