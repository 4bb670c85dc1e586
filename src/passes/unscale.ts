import { postponeFactors } from '../algebra/constant-factors.ts';
import type { Pass } from './pass.ts';

/**
 * Unscale: does what postpone does, but before products are distributed over sums, and only for
 * factors between 1/2 and 2, which hardly change the size of values:
 *
 *     w = 1.25*s - 0.25*v;  next = s; …       w = 1.25*u, u = s - 0.2*v
 *
 * A late sum that several users need with different factors is computed once for each factor if its
 * terms cannot wait. When the factors are taken out, they join an upload that the sum is multiplied
 * with.
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

/** How far from 1 a factor may be, in bits, so that values keep their size. */
const NEAR_BITS = 1;
