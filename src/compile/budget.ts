/**
 * Default limit on the operations that a compilation examines. Most programs need a thousandth of
 * it; the search of -O3 uses it up where matrices have many layouts.
 */
export const DEFAULT_BUDGET = 16_000_000;
