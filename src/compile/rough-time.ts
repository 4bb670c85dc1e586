import type { PlanOp, PlanSketch } from '../plan/plan.ts';

/** Bits of the primes beside those of the levels where there is room: base and special prime. */
const FIXED_BITS = 115;
/** Bits that both have beyond a level's prime at least. */
const SPARE_BITS = 9;
/** Bits of a level's prime beyond those of precision: what noise takes. */
const NOISE_BITS = 20;
/** Ring degrees, and how many bits they hold at 128 bits of security. */
const RINGS = [
  { degree: 4096, bits: 109 },
  { degree: 8192, bits: 218 },
  { degree: 16384, bits: 438 },
  { degree: 32768, bits: 881 },
];

/** Degree of the ring that so many levels and slots need where so many bits of the outputs are to be right. */
export function ringDegree(levels: number, slots: number, precisionBits: number): number {
  const scaleBits = NOISE_BITS + precisionBits;
  const bits = Math.min(FIXED_BITS, 2 * (scaleBits + SPARE_BITS)) + scaleBits * levels;
  const secure = RINGS.find((ring) => ring.bits >= bits)?.degree ?? 65536 * (bits / 881);
  return Math.max(secure, 2 * slots);
}

/** Estimated time of an operation on one ciphertext at a level, for each slot. */
export function timeOf(op: PlanOp['op'], level: number): number {
  const primes = level + 2;
  switch (op) {
    case 'rotate':
    case 'relinearize':
      return primes * (4 + primes);
    case 'upload':
      return primes * 8;
    case 'rescale':
    case 'lower':
    case 'adjust':
      return primes * 3;
    case 'mul':
    case 'mulPlain':
      return primes * 2;
    default:
      return primes * 0.2;
  }
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
  return ops.reduce((sum, op) => ('level' in op ? sum + degree * timeOf(op.op, op.level) : sum), 0);
}
