/**
 * When a product of factors with these arrival levels and multiplicities can be had, and no earlier:
 * ⌈log2 Σ countᵢ·2^levelᵢ⌉ (Kraft's inequality). Nothing is ever summed up, so levels may be any size. What the client
 * may multiply before it uploads is there at level -1 (see arrival.ts).
 */
export function kraftLevel(
  factors: readonly { readonly level: number; readonly count: number }[],
): number {
  const ordered = [...factors].sort((a, b) => a.level - b.level);
  let level = ordered[0]?.level ?? 0;
  let waiting = 0;
  for (const factor of ordered) {
    // Two things that wait at one level make one a level up; a single one waits on for free.
    for (; level < factor.level && waiting > 1; level++) waiting = Math.ceil(waiting / 2);
    level = factor.level;
    waiting += factor.count;
  }
  return level + Math.ceil(Math.log2(Math.max(1, waiting)));
}
