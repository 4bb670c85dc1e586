import type { PlanSketch } from '../plan/plan.ts';

/** Primes of 40 bits beside those of the levels, and the ring degrees that hold so many bits at 128 bits of security. */
const FIXED_BITS = 115;
const LEVEL_BITS = 40;
const RINGS = [
  { degree: 4096, bits: 109 },
  { degree: 8192, bits: 218 },
  { degree: 16384, bits: 438 },
  { degree: 32768, bits: 881 },
];

/**
 * Estimated time of a CKKS sketch in no unit, to choose among packings before parameters are known: operations by the
 * ring that so many levels need and by the primes that are left; switching keys by their square. Uploads count, though
 * the client makes them: encrypting takes about the time of half a rotation.
 */
export function roughTime({ ops, slots }: PlanSketch, levels: number): number {
  const bits = FIXED_BITS + LEVEL_BITS * levels;
  const secure = RINGS.find((ring) => ring.bits >= bits)?.degree ?? 65536 * (bits / 881);
  const degree = Math.max(secure, 2 * slots);
  return ops.reduce((sum, op) => {
    if (!('level' in op)) return sum;
    const primes = op.level + 2;
    switch (op.op) {
      case 'rotate':
      case 'relinearize':
        return sum + degree * primes * (4 + primes);
      case 'upload':
        return sum + degree * primes * 8;
      case 'rescale':
      case 'lower':
      case 'adjust':
        return sum + degree * primes * 3;
      case 'mul':
      case 'mulPlain':
        return sum + degree * primes * 2;
      default:
        return sum + degree * primes * 0.2;
    }
  }, 0);
}
