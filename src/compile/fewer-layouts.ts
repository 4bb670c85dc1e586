/** The figures by which packings of a circuit are compared. */
export interface PackingFigures {
  readonly levels: number;
  /** Estimated time, in arbitrary units. */
  readonly time: number;
}

/** A packing with its figures. */
export interface PackedTrial extends PackingFigures {
  /** Number of operations that packing wrote, also of those that it removed again. */
  readonly operations: number;
  /**
   * Layouts of its computed tensors, of the largest first; see `layoutKey` in packing/layout.ts.
   */
  readonly layouts: readonly string[];
}

/** Limit on the operations that packing writes in all trials of a search. */
const MOST_OPERATIONS = 600_000;

/**
 * Searches for layouts whose absence makes a packing faster. Packing computes each tensor once for
 * each layout that its users request, which may cost more than a common layout. The search forbids
 * one layout at a time, for all tensors of a shape, and keeps the first change that makes the whole
 * faster (hill climbing).
 *
 * @param make packs without some layouts; returns undefined if that is not possible
 * @returns the best packing found, with no more levels than `first`
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
    for (const layout of best.layouts) {
      const trial = [...without, layout].sort();
      const key = trial.join();
      if (tried.has(key)) continue;
      tried.add(key);
      if (operations > MOST_OPERATIONS) return best;
      const packed = make(new Set(trial));
      operations += (packed ?? best).operations;
      if (packed === undefined || packed.levels > best.levels || packed.time >= best.time) continue;
      [best, without, found] = [packed, trial, true];
      break;
    }
  }
  return best;
}
