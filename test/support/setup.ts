import fc from 'fast-check';

/**
 * Properties are tested on the same cases everywhere, so that what has passed passes again. SHOAL_SEED=$RANDOM tries
 * others.
 */
fc.configureGlobal({ seed: Number(process.env.SHOAL_SEED ?? 20261126) });
