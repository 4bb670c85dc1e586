import { completePlan } from '../compile/complete-plan.ts';
import type { PlanSketch } from '../plan/plan.ts';
import type { ParamsRequest } from '../schemes/ckks/choose-params.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { SECURITY_BITS } from '../schemes/security.ts';

/**
 * Returns changes of options with each of which parameters would fit: the largest precision that
 * fits, a lower security if the requested one is above the default, and the ring that SEAL does not
 * check. Returns an empty list if none of them helps.
 */
export function fittingOptions(sketch: PlanSketch, request: ParamsRequest): readonly string[] {
  const fits = (change: Partial<ParamsRequest>): boolean =>
    'plan' in completePlan(sketch, { ...request, ...change });
  const precision = SCHEMES[sketch.scheme].isExact
    ? 0
    : largestPrecision(request.precisionBits, (precisionBits) => fits({ precisionBits }));
  const security = SECURITY_BITS.findLast(
    (securityBits) => securityBits < request.securityBits && fits({ securityBits }),
  );
  const isLarger = !request.allowUncheckedRing && fits({ allowUncheckedRing: true });
  return [
    ...(precision > 0 ? [`--precision ${precision}`] : []),
    ...(security === undefined ? [] : [`--security ${security}`]),
    ...(isLarger ? [`--allow-unchecked-ring (N = 65536: ${UNCHECKED_RING_COSTS})`] : []),
  ];
}

/** The consequences of using the ring that SEAL does not check. */
export const UNCHECKED_RING_COSTS =
  "SEAL does not check its security, only shoal's own table does; keys take gigabytes and minutes";

/** Returns the largest precision below `bits` that fits, or 0 if none does. */
function largestPrecision(bits: number, fits: (bits: number) => boolean): number {
  let [low, high] = [0, bits];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
