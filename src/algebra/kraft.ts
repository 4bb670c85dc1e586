/**
 * Returns the arrival level at which a product of factors with these levels and multiplicities can
 * be available, and not earlier: ⌈log2 Σ countᵢ·2^levelᵢ⌉ (Kraft's inequality). The powers are
 * never added up, so levels may be any size. Values that the client may multiply before it uploads
 * have level -1 (see arrival.ts).
 */
export function kraftLevel(
  factors: readonly { readonly level: number; readonly count: number }[],
): number {
  const ordered = [...factors].sort((a, b) => a.level - b.level);
  let level = ordered[0]?.level ?? 0;
  let waiting = 0;
  for (const factor of ordered) {
    // Two values that wait at a level become one product a level up; a single one waits for free.
    for (; level < factor.level && waiting > 1; level++) waiting = Math.ceil(waiting / 2);
    level = factor.level;
    waiting += factor.count;
  }
  return level + Math.ceil(Math.log2(Math.max(1, waiting)));
}
