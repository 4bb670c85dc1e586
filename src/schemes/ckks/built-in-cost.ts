import type { CostModel } from './cost.ts';

/**
 * Coefficients in nanoseconds, measured by `shoal calibrate --full` on an idle two-core machine (AMD
 * EPYC, Node.js 24) with node-seal 7 in WebAssembly.
 */
export const BUILT_IN_COST: CostModel = {
  format: 'shoal-cost-model',
  version: 1,
  terms: {
    add: { call: 576, coefficient: 0.8737 },
    negate: { call: 625.8, coefficient: 0.6917 },
    addPlain: { call: 778.1, coefficient: 0.5566 },
    mulPlain: { call: 0, coefficient: 9.424 },
    mul: { call: 0, coefficient: 19.15 },
    square: { call: 0, coefficient: 14.45 },
    relinearize: { ring: 3.843, prime: 7.715, primeSquared: 1.917 },
    rotate: { ring: 3.897, prime: 7.74, primeSquared: 1.932 },
    rescale: { call: 0, butterfly: 1.73 },
    drop: { call: 0, coefficient: 0.5121 },
    encodeVector: { ring: 3.174, prime: 1.99 },
    encodeUniform: { call: 4059, coefficient: 1.033 },
    transfer: { call: 5575, coefficient: 1.712 },
  },
};
