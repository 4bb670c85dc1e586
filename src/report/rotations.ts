import type { PlanOp } from '../plan/plan.ts';

/** A rotation that a plan does; each needs a key that reaches its highest level. */
export interface RotationUse {
  readonly steps: number;
  /** How many operations rotate by so many steps. */
  readonly count: number;
  readonly highestLevel: number;
}

/** The rotations of a plan by ascending steps. */
export function rotationsOf(ops: readonly PlanOp[]): readonly RotationUse[] {
  const uses = new Map<number, RotationUse>();
  for (const op of ops) {
    if (op.op !== 'rotate') continue;
    const { steps, level } = op;
    const { count, highestLevel } = uses.get(steps) ?? { count: 0, highestLevel: 0 };
    uses.set(steps, { steps, count: count + 1, highestLevel: Math.max(highestLevel, level) });
  }
  return [...uses.values()].sort((a, b) => a.steps - b.steps);
}

/** `1, 2 (3 times), 4; up to level 5`. */
export function showRotations(uses: readonly RotationUse[]): string {
  const steps = uses.map(({ steps, count }) => (count > 1 ? `${steps} (${count} times)` : steps));
  const highest = uses.reduce((most, { highestLevel }) => Math.max(most, highestLevel), 0);
  return `${steps.join(', ')}; up to level ${highest}`;
}
