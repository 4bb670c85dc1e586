/** Default limit on the operations that the search of -O3 examines. */
export const DEFAULT_BUDGET = 3_000_000;
