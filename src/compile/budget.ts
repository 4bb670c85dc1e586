/** Operations that the search of the highest level may look at, where nothing else is said. */
export const DEFAULT_BUDGET = 3_000_000;
