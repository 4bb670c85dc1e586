import type { CkksPlan } from '../plan/plan.ts';
import {
  type OffsetSplit,
  powersOfTwo,
  shareRotations,
  signedPowersOfTwo,
} from '../plan/shared-rotations.ts';
import { withErrorBounds } from '../schemes/ckks/choose-params.ts';
import { keyLevels } from './key-levels.ts';
import { allKeys, residentBytesOf } from './key-paging.ts';
import { planMemory } from './memory-budget.ts';

/** Ways to write rotations, those with the fewest rotations first. */
const WAYS: readonly OffsetSplit[] = [signedPowersOfTwo, powersOfTwo];

/**
 * A plan whose keys, all loaded, are not larger than `budget`: where they are, its rotations become sums of
 * few steps that share keys, instead of most keys being loaded for each use. More rotations add noise and
 * take time and ciphertexts, so error bounds are predicted anew, and a way that breaks the promised precision or
 * needs more memory than there is, is not taken. Of the ways left the first that fits is taken, or the one
 * with the smallest keys.
 *
 * @param budget bytes for the heaps of all `jobs` workers, see `planMemory`
 */
export function withFewerKeys(plan: CkksPlan, jobs: number, budget: number): CkksPlan {
  let best = plan;
  for (const way of WAYS) {
    if (jobs * keyBytes(best) <= budget) return best;
    const shared = shareRotations(plan, way);
    if (keyBytes(shared) >= keyBytes(best)) continue;
    if (planMemory(shared, jobs, budget).fits) best = withErrorBounds(shared) ?? best;
  }
  return best;
}

function keyBytes(plan: CkksPlan): number {
  return residentBytesOf(plan.params, allKeys(keyLevels(plan)));
}
