/** Figures for people, of three significant digits. */

/** `3.51e-6`, `83`, `0.25`. */
export function formatNumber(x: number): string {
  const rounded = Number(x.toPrecision(3));
  const isPlain = rounded === 0 || (Math.abs(rounded) >= 1e-3 && Math.abs(rounded) < 1e9);
  return isPlain ? String(rounded) : rounded.toExponential();
}

/** `1 worker`, `2 workers`, `2 batches`. */
export function formatCount(count: number, what: string): string {
  if (count === 1) return `${count} ${what}`;
  return `${count} ${what}${what.endsWith('ch') ? 'es' : 's'}`;
}

/** `8.2 ms`, `494 ms`, `1.20 s`. */
export function formatTime(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  return ms < 10 ? `${Number(ms.toPrecision(2))} ms` : `${Math.round(ms)} ms`;
}

/** `54 MiB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 'bytes'];
  for (const larger of ['KiB', 'MiB', 'GiB']) {
    if (value < 1024) break;
    [value, unit] = [value / 1024, larger];
  }
  return `${unit === 'bytes' ? value : Number(value.toPrecision(3))} ${unit}`;
}
