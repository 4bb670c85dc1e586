/**
 * Default limit on the operations that a compilation examines: about ten seconds of work, of which
 * small programs need a thousandth.
 */
export const DEFAULT_BUDGET = 8_000_000;
