/** Lowest and highest value; limits may be infinite. */
export type Interval = readonly [number, number];

/** Zero alone. */
export const ZERO_INTERVAL: Interval = [0, 0];

/** The smallest interval that holds two. */
export function hull(a: Interval, b: Interval): Interval {
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

/** Where sums lie. */
export function sum(a: Interval, b: Interval): Interval {
  const low = a[0] + b[0];
  const high = a[1] + b[1];
  // ∞ - ∞: nothing is known.
  return [
    Number.isNaN(low) ? Number.NEGATIVE_INFINITY : low,
    Number.isNaN(high) ? Number.POSITIVE_INFINITY : high,
  ];
}

/** Where negated values lie. */
export function negated(a: Interval): Interval {
  return [-a[1], -a[0]];
}

/** Where products lie. */
export function product(a: Interval, b: Interval): Interval {
  const corners = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]];
  // 0·∞: a bound that is zero stays so, whatever the other factor's limit.
  const numbers = corners.map((x) => (Number.isNaN(x) ? 0 : x));
  return [Math.min(...numbers), Math.max(...numbers)];
}

/** Where squares lie. */
export function square(a: Interval): Interval {
  const [low, high] = product(a, a);
  if (a[0] < 0 && a[1] > 0) return [0, high];
  return [Math.max(0, low), high];
}

/** Where inverses lie. */
export function inverse(a: Interval): Interval {
  if (a[0] < 0 && a[1] > 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (a[0] === 0 && a[1] === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (a[0] === 0) return [1 / a[1], Number.POSITIVE_INFINITY];
  if (a[1] === 0) return [Number.NEGATIVE_INFINITY, 1 / a[0]];
  return [1 / a[1], 1 / a[0]];
}
