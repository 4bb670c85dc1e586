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

/** The splits of rotations into few offsets, those with the fewest rotations first. */
const SPLITS: readonly OffsetSplit[] = [signedPowersOfTwo, powersOfTwo];

/**
 * Returns a plan whose keys together are not larger than `budget`, if possible. If the keys of
 * `plan` are larger, its rotations become sums of few offsets that share keys; otherwise most keys
 * would be loaded again for each use. More rotations add noise and take time and ciphertexts. So
 * error bounds are predicted again, and a split is rejected if it breaks the promised precision or
 * needs more memory than there is. Of the other splits the first that fits is used, or else the
 * one with the smallest keys.
 *
 * @param budget bytes for the heaps of all `jobs` workers, see `planMemory`
 */
export function withFewerKeys(plan: CkksPlan, jobs: number, budget: number): CkksPlan {
  let best = plan;
  for (const split of SPLITS) {
    if (jobs * keyBytes(best) <= budget) return best;
    const shared = shareRotations(plan, split);
    if (keyBytes(shared) >= keyBytes(best)) continue;
    if (planMemory(shared, jobs, budget).fits) best = withErrorBounds(shared) ?? best;
  }
  return best;
}

function keyBytes(plan: CkksPlan): number {
  return residentBytesOf(plan.params, allKeys(keyLevels(plan)));
}
