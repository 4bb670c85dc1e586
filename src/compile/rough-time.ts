import { defined } from '../lookup.ts';
import { isClear } from '../plan/operations.ts';
import type { CipherOp, PlanSketch } from '../plan/plan.ts';
import { DEFAULT_SECURITY, offeredRings } from '../schemes/security.ts';

/** Bits of the base prime and the special prime together, if there is room. */
const FIXED_BITS = 115;
/** Minimum bits that each of these two has beyond the prime of a level. */
const SPARE_BITS = 7;
/** Bits of a level's prime beyond the precision, which noise takes. */
const NOISE_BITS = 20;
/** The rings of the default security. The requested security may need larger ones. */
const RINGS = offeredRings(DEFAULT_SECURITY);
const LARGEST = defined(RINGS.at(-1));

/** Estimates the ring degree for numbers of levels and slots and a precision in bits. */
export function ringDegree(levels: number, slots: number, precisionBits: number): number {
  const scaleBits = NOISE_BITS + precisionBits;
  const bits = Math.min(FIXED_BITS, 2 * (scaleBits + SPARE_BITS)) + scaleBits * levels;
  const secure = RINGS.find(({ maxBits }) => maxBits >= bits)?.degree;
  return Math.max(secure ?? 2 * LARGEST.degree * (bits / LARGEST.maxBits), 2 * slots);
}

/**
 * The time of operations per slot: for each prime of the ciphertext, and for their number squared.
 */
const TIMES: Readonly<Record<CipherOp['op'], { prime: number; primeSquared?: number }>> = {
  upload: { prime: 8 },
  add: { prime: 0.2 },
  sub: { prime: 0.2 },
  negate: { prime: 0.2 },
  addPlain: { prime: 0.2 },
  subPlain: { prime: 0.2 },
  mul: { prime: 2 },
  mulPlain: { prime: 2 },
  relinearize: { prime: 4, primeSquared: 1 },
  rotate: { prime: 4, primeSquared: 1 },
  rescale: { prime: 3 },
  adjust: { prime: 3 },
  lower: { prime: 3 },
  modSwitch: { prime: 0.2 },
  gather: { prime: 0.2 },
};

/** Returns the estimated time of an operation on one ciphertext at a level, per slot. */
export function operationTime(op: CipherOp['op'], level: number): number {
  const primes = level + 2;
  const { prime, primeSquared = 0 } = TIMES[op];
  return primes * (prime + primeSquared * primes);
}

/**
 * Estimates the evaluation time of a CKKS sketch in arbitrary units, to choose among packings
 * without parameters. The time of an operation grows with the ring degree that the levels need and
 * with the number of primes; for relinearizations and rotations with its square. Uploads count,
 * although the client makes them: encrypting takes about half the time of a rotation.
 */
export function roughTime(
  { ops, slots }: PlanSketch,
  levels: number,
  precisionBits: number,
): number {
  const degree = ringDegree(levels, slots, precisionBits);
  return ops.reduce(
    (sum, op) => (isClear(op) ? sum : sum + degree * operationTime(op.op, op.level)),
    0,
  );
}
