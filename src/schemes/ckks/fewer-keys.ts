import type { Plan } from '../../plan/plan.ts';
import {
  powersOfTwo,
  type Steps,
  shareRotations,
  signedPowersOfTwo,
} from '../../plan/shared-rotations.ts';
import { keyLevels } from './key-levels.ts';
import { storedKeysBytes } from './memory.ts';
import { planMemory } from './memory-budget.ts';
import { withErrorBounds } from './params.ts';

/** Ways to write rotations, those with the fewest rotations first. */
const ways: readonly Steps[] = [signedPowersOfTwo, powersOfTwo];

/**
 * A plan whose keys, all of them as the client sends them, fit `budget`: where they do not as it is, its
 * rotations become sums of few steps that share keys. More rotations add noise and take time and ciphertexts, so
 * error bounds are predicted anew, and a way that breaks the promised precision or needs more memory than
 * there is, is not taken. Of the ways left the first that fits is taken, or the one with the smallest keys.
 *
 * @param budget bytes for the heaps of all `jobs` workers, see `planMemory`
 */
export function withFewerKeys(plan: Plan, jobs: number, budget: number): Plan {
  let best = plan;
  for (const way of ways) {
    if (storedBytes(best) <= budget) return best;
    const shared = shareRotations(plan, way);
    if (storedBytes(shared) >= storedBytes(best)) continue;
    if (planMemory(shared, jobs, budget).fits) best = withErrorBounds(shared) ?? best;
  }
  return best;
}

function storedBytes(plan: Plan): number {
  return storedKeysBytes(plan.params, keyLevels(plan));
}
