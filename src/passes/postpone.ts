import { postponeFactors } from '../algebra/constant-factors.ts';
import type { Pass } from './pass.ts';

/**
 * Postpone: a constant factor of a ciphertext is kept beside it, not multiplied, until an operation
 * absorbs it at no cost: a clear factor or term, an input that is uploaded scaled, or in the end
 * the client, which multiplies the decrypted value:
 *
 *     v = (x + y)^2; a = v; b = 0.3*v + 1       b = 0.3*(v + 1/0.3)           1 level, not 2
 *     (x - sum(x)/8)^2 / 8                      (8*x - sum(x))^2 / 512        1 level, not 3
 *
 * Every value is a constant times the value that is computed. A product multiplies the constants of
 * its operands; a linear operation keeps its operand's. The terms of a sum are brought to one
 * constant, which costs a level if none of them is early enough. Safe by distributivity. It fires
 * if the outputs arrive earlier, or as early with fewer products. A factor far from 1 takes as much
 * of the modulus as a rescaling does, or as much of the precision: such constants are not
 * postponed.
 */
export const postpone: Pass = {
  name: 'postpone',
  summary: 'keep constant factors aside until an operation absorbs them',
  example: `input x: cipher;
input y: cipher;
let v = (x + y)*(x + y);
output a = v;
output b = 0.25*v + 1;
`,
  requires: ['scaledUploads'],
  run: (circuit, context) => ({ circuit: postponeFactors(circuit, context, MOST_POSTPONED_BITS) }),
};

/** How far from 1 a postponed factor may be, in bits. */
export const MOST_POSTPONED_BITS = 20;
