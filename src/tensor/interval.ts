import { largestOf, smallestOf } from '../lookup.ts';

/** The lowest and the highest value; both may be infinite. */
export type Interval = readonly [number, number];

/** The interval that contains only 0. */
export const ZERO_INTERVAL: Interval = [0, 0];

/** Returns the smallest interval that contains two intervals. */
export function hull(a: Interval, b: Interval): Interval {
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

/** Returns what an interval shares with a promised one; the promised one where they do not meet. */
export function narrowed(known: Interval, promised: Interval): Interval {
  const [low, high] = [Math.max(known[0], promised[0]), Math.min(known[1], promised[1])];
  return low <= high ? [low, high] : promised;
}

/** Returns the interval of all sums. */
export function sum(a: Interval, b: Interval): Interval {
  const low = a[0] + b[0];
  const high = a[1] + b[1];
  // ∞ - ∞ can be any number.
  return [
    Number.isNaN(low) ? Number.NEGATIVE_INFINITY : low,
    Number.isNaN(high) ? Number.POSITIVE_INFINITY : high,
  ];
}

/** Returns the interval of all negated values. */
export function negated(a: Interval): Interval {
  return [-a[1], -a[0]];
}

/** Returns the interval of all products. */
export function product(a: Interval, b: Interval): Interval {
  const corners = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]];
  // 0·∞ counts as 0: an infinite limit is never reached, and 0 times any number is 0.
  const numbers = corners.map((x) => (Number.isNaN(x) ? 0 : x));
  return [smallestOf(numbers), largestOf(numbers)];
}

/** Returns the interval of all squares. */
export function square(a: Interval): Interval {
  const [low, high] = product(a, a);
  if (a[0] < 0 && a[1] > 0) return [0, high];
  return [Math.max(0, low), high];
}

/** Returns the interval of all inverses; unlimited if 0 is inside. */
export function inverse(a: Interval): Interval {
  if (a[0] < 0 && a[1] > 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (a[0] === 0 && a[1] === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (a[0] === 0) return [1 / a[1], Number.POSITIVE_INFINITY];
  if (a[1] === 0) return [Number.NEGATIVE_INFINITY, 1 / a[0]];
  return [1 / a[1], 1 / a[0]];
}
