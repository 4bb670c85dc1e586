/** Formats figures for people, with up to three significant digits. */

/** Formats a number: `3.51e-6`, `83`, `0.25`. */
export function formatNumber(x: number): string {
  const rounded = Number(x.toPrecision(3));
  const isPlain = rounded === 0 || (Math.abs(rounded) >= 1e-3 && Math.abs(rounded) < 1e9);
  return isPlain ? String(rounded) : rounded.toExponential();
}

/** Formats a count with its noun: `1 worker`, `2 workers`, `2 batches`. */
export function formatCount(count: number, noun: string): string {
  if (count === 1) return `${count} ${noun}`;
  return `${count} ${noun}${noun.endsWith('ch') ? 'es' : 's'}`;
}

/** Formats a time in milliseconds: `8.2 ms`, `494 ms`, `1.20 s`. */
export function formatTime(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  return ms < 10 ? `${Number(ms.toPrecision(2))} ms` : `${Math.round(ms)} ms`;
}

/** Formats a number of bytes: `54 MiB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 'bytes'];
  for (const larger of ['KiB', 'MiB', 'GiB']) {
    if (value < 1024) break;
    [value, unit] = [value / 1024, larger];
  }
  return `${unit === 'bytes' ? value : Number(value.toPrecision(3))} ${unit}`;
}
