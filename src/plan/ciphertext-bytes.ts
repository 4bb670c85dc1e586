import type { Plan } from './plan.ts';

/** Returns the bytes of a ciphertext of `size` polynomials at a level. */
export function ciphertextBytes(params: Plan['params'], level: number, size: number): number {
  return 8 * params.polyModulusDegree * (params.basePrimes + level) * size;
}

/** Returns the bytes of all ciphertexts that the client uploads for one evaluation. */
export function uploadBytes({ ops, params }: Plan): number {
  let bytes = 0;
  for (const op of ops) if (op.op === 'upload') bytes += ciphertextBytes(params, op.level, 2);
  return bytes;
}
