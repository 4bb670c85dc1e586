import { defined } from '../lookup.ts';
import { isClear } from '../plan/operations.ts';
import type { CipherOp, PlanSketch } from '../plan/plan.ts';
import { DEFAULT_SECURITY, offeredRings } from '../schemes/security.ts';

/** Bits of the primes beside those of the levels where there is room: base and special prime. */
const FIXED_BITS = 115;
/** Bits that both have beyond a level's prime at least. */
const SPARE_BITS = 7;
/** Bits of a level's prime beyond those of precision: what noise takes. */
const NOISE_BITS = 20;
/** Parameters of the security that is asked for later may need a larger ring: this is an estimate. */
const RINGS = offeredRings(DEFAULT_SECURITY);
const LARGEST = defined(RINGS.at(-1));

/** Degree of the ring that so many levels and slots need where so many bits of the outputs are to be right. */
export function ringDegree(levels: number, slots: number, precisionBits: number): number {
  const scaleBits = NOISE_BITS + precisionBits;
  const bits = Math.min(FIXED_BITS, 2 * (scaleBits + SPARE_BITS)) + scaleBits * levels;
  const secure = RINGS.find(({ maxBits }) => maxBits >= bits)?.degree;
  return Math.max(secure ?? 2 * LARGEST.degree * (bits / LARGEST.maxBits), 2 * slots);
}

/** What the time of an operation grows with, for each slot: primes that are left, and their square. */
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

/** Estimated time of an operation on one ciphertext at a level, for each slot. */
export function operationTime(op: CipherOp['op'], level: number): number {
  const primes = level + 2;
  const { prime, primeSquared = 0 } = TIMES[op];
  return primes * (prime + primeSquared * primes);
}

/**
 * Estimated time of a CKKS sketch in no unit, to choose among packings before parameters are known: operations by the
 * ring that so many levels need and by the primes that are left; switching keys by their square. Uploads count, though
 * the client makes them: encrypting takes about the time of half a rotation.
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
