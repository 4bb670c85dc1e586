import { postponeFactors } from '../algebra/constant-factors.ts';
import type { Pass } from './pass.ts';

/**
 * Unscale: what postpone does, for factors between 1/2 and 2, which leave values their size, before products are distributed
 * over sums:
 *
 *     w = 1.25*s - 0.25*v;  next = s; …       w = 1.25*u, u = s - 0.2*v
 *
 * A late sum that is wanted with several factors would be computed once for each where its terms cannot wait for
 * them. Taken out, they join an upload that the sum is multiplied with.
 */
export const unscale: Pass = {
  name: 'unscale',
  summary: 'take constant factors near 1 out of sums',
  example: `input x: cipher;
input y: cipher;
output r = (1.25*(x*y) - x)*y;
`,
  requires: ['scaledUploads'],
  run: (circuit, context) => ({ circuit: postponeFactors(circuit, context, NEAR_BITS) }),
};

/** Bits within which a value keeps its size. */
const NEAR_BITS = 1;
