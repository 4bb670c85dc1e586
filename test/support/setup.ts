import fc from 'fast-check';

/**
 * The seed of all property tests is fixed, so that results are reproducible. SHOAL_SEED=$RANDOM
 * selects other cases.
 */
fc.configureGlobal({ seed: Number(process.env.SHOAL_SEED ?? 20261126) });
