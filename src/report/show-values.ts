/** Formats a number with a few significant digits: `3.51e-6`, `83`, `0.25`. */
export function showNumber(x: number, digits = 3): string {
  if (x === 0) return '0';
  const rounded = Number(x.toPrecision(digits));
  const magnitude = Math.abs(rounded);
  return magnitude < 1e-3 || magnitude >= 1e9 ? rounded.toExponential() : `${rounded}`;
}

/** Formats a count of things: `1 level`, `2 levels`. */
export function showCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats a time in ms or s. */
export function showTime(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Number(ms.toPrecision(2)) : Math.round(ms)} ms`;
  return `${(ms / 1000).toPrecision(3)} s`;
}
