import { enlargeValues } from '../algebra/constant-factors.ts';
import type { Pass } from './pass.ts';
import { MOST_POSTPONED_BITS } from './postpone.ts';

/**
 * Enlarge: small constant factors are left to the client, which multiplies the decrypted values,
 * and the other terms of a sum are divided by them:
 *
 *     (0.25*x)*y + 0.5*x            0.25*(x*y + 2*x)
 *
 * Errors of encryption, of rescaling and of rotations have the same size whatever the values are.
 * Those that come before the client's factor are multiplied by it with the values, so a smaller
 * scale is precise enough, and with it a smaller ring. Safe by distributivity. It fires if the
 * outputs arrive no later. The larger values need headroom in the modulus; only the parameters tell
 * which circuit is faster.
 */
export const enlarge: Pass = {
  name: 'enlarge',
  summary: 'leave small factors to the client, so that errors are small',
  example: `input x: cipher;
input y: cipher;
output r = 0.25*x*y + 0.5*x;
`,
  requires: ['scaledUploads'],
  run: (circuit, context) => ({ circuit: enlargeValues(circuit, context, MOST_POSTPONED_BITS) }),
};
