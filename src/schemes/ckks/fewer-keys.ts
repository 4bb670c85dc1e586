import type { Plan } from '../../plan/plan.ts';
import {
  powersOfTwo,
  type Steps,
  shareRotations,
  signedPowersOfTwo,
} from '../../plan/shared-rotations.ts';
import { keyLevels } from './key-levels.ts';
import { storedKeysBytes } from './memory.ts';
import { withErrorBounds } from './params.ts';

/** Ways to write rotations, those with the fewest rotations first. */
const ways: readonly Steps[] = [signedPowersOfTwo, powersOfTwo];

/**
 * A plan whose keys fit `budget`, all of them, as the client sends them: where they do not as it is, its
 * rotations are sums of few steps that share keys. Each rotation adds noise and takes time, so error bounds
 * are predicted anew, and a way that breaks the promised precision is not taken. Of the ways left the first
 * that fits is taken, or the one with the smallest keys.
 */
export function withFewerKeys(plan: Plan, budget: number): Plan {
  let best = plan;
  for (const way of ways) {
    if (storedBytes(best) <= budget) return best;
    const shared = shareRotations(plan, way);
    if (storedBytes(shared) >= storedBytes(best)) continue;
    best = withErrorBounds(shared) ?? best;
  }
  return best;
}

function storedBytes(plan: Plan): number {
  return storedKeysBytes(plan.params, keyLevels(plan));
}
