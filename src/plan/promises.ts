import type { ClearValue } from './clear-ops.ts';
import type { Plan, PlanPromise, PlanSketch } from './plan.ts';

/** Returns the promised ranges of a plan, by the value. */
export function promisesByValue({
  promises = [],
}: Plan | PlanSketch): ReadonlyMap<number, PlanPromise> {
  return new Map(promises.map((promise) => [promise.value, promise]));
}

/**
 * Returns a function that moves the slots of a value on sample inputs into its promised range:
 * samples are drawn from the inputs' ranges alone, and may break a promise that real data keep.
 * Slots without data stay 0.
 */
export function promiseKeeper(plan: Plan | PlanSketch): (index: number, value: ClearValue) => void {
  const promises = promisesByValue(plan);
  return (index, value) => {
    const promise = promises.get(index);
    if (!promise || typeof value === 'number') return;
    const {
      range: [low, high],
      hasZeros,
    } = promise;
    for (let i = 0; i < value.length; i++) {
      const x = value[i] as number;
      if (x !== 0 || !hasZeros) value[i] = Math.min(high, Math.max(low, x));
    }
  };
}
