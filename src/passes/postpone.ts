import { postponeFactors } from '../algebra/constant-factors.ts';
import type { Pass } from './pass.ts';

/**
 * Postpone: a constant factor of a ciphertext is kept beside it, not multiplied, until something takes it in for
 * nothing: a clear factor or term, an input, which is uploaded scaled, or in the end the client, who multiplies what
 * it decrypts:
 *
 *     v = (x + y)^2; a = v; b = 0.3*v + 1       b = 0.3*(v + 1/0.3)           1 level, not 2
 *     (x - sum(x)/8)^2 / 8                      (8*x - sum(x))^2 / 512        1 level, not 3
 *
 * Every value is a constant times what is computed: a product multiplies the constants, a linear operation keeps its
 * operand's, and terms of a sum are brought to one, which costs a level where none of them is early enough. Safe by
 * distributivity. It fires where the outputs come earlier, or
 * as early with fewer products. A factor far from 1 takes as much of the modulus as a
 * rescaling does, or of the precision: such constants stay.
 */
export const postpone: Pass = {
  name: 'postpone',
  summary: 'leave constant factors to what takes them in for nothing',
  example: `input x: cipher;
input y: cipher;
let v = (x + y)*(x + y);
output a = v;
output b = 0.25*v + 1;
`,
  requires: ['scaledUploads'],
  run: (circuit, context) => ({ circuit: postponeFactors(circuit, context, MOST_BITS) }),
};

/** Bits that a postponed factor may be away from 1. */
const MOST_BITS = 20;
