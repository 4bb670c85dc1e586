import type { CostModel } from './cost-model.ts';

/**
 * The coefficients of the built-in model in nanoseconds, measured by `shoal calibrate --full` on an
 * idle two-core machine (AMD EPYC, Node.js 24) with node-seal 7 in WebAssembly.
 */
export const BUILT_IN_COST: CostModel = {
  format: 'shoal-cost-model',
  version: 1,
  terms: {
    add: { call: 676.6, coefficient: 0.8752 },
    negate: { call: 619.4, coefficient: 0.6961 },
    addPlain: { call: 1031, coefficient: 0.5568 },
    mulPlain: { call: 0, coefficient: 9.48 },
    mul: { call: 0, coefficient: 19.49 },
    square: { call: 0, coefficient: 14.63 },
    relinearize: { ring: 3.658, prime: 8.125, primeSquared: 1.937 },
    rotate: { ring: 3.955, prime: 7.816, primeSquared: 2.004 },
    rescale: { call: 0, butterfly: 1.759 },
    drop: { call: 0, coefficient: 0.4945 },
    encodeVector: { ring: 3.522, prime: 1.984 },
    encodeUniform: { call: 3956, coefficient: 1.045 },
    transfer: { call: 288200, coefficient: 3.9 },
  },
};
