/** A packing as the search for a better one sees it. */
export interface PackedTrial {
  readonly levels: number;
  /** Estimated time, in no unit. */
  readonly time: number;
  /** Operations that it has. */
  readonly operations: number;
  /** Where its computed tensors lie, the largest first; see `layoutKey` in packing/layout.ts. */
  readonly places: readonly string[];
}

/** Operations that the search may look at. */
const MOST_OPERATIONS = 10_000;

/**
 * Looks for places that a packing is better without. Packing takes each tensor where its reader likes it best, and computes it once for
 * each place; what it costs that readers disagree shows when all is packed. So each place in use is forbidden in turn, to all
 * tensors of a shape, as long as that makes the whole quicker: hill climbing, the first step that helps is taken.
 *
 * @param make packs without some places; undefined where that cannot be done
 * @returns the best that is found, of no more levels than `first` has
 */
export function withFewerLayouts<T extends PackedTrial>(
  first: T,
  make: (without: ReadonlySet<string>) => T | undefined,
): T {
  let best = first;
  let without: readonly string[] = [];
  let operations = 0;
  const tried = new Set<string>();
  for (let found = true; found; ) {
    found = false;
    for (const place of best.places) {
      const trial = [...without, place].sort();
      const key = trial.join();
      if (tried.has(key)) continue;
      tried.add(key);
      if (operations > MOST_OPERATIONS) return best;
      const made = make(new Set(trial));
      operations += (made ?? best).operations;
      if (made === undefined || made.levels > best.levels || made.time >= best.time) continue;
      [best, without, found] = [made, trial, true];
      break;
    }
  }
  return best;
}
