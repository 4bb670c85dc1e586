import { describe, expect, test } from 'vitest';
import { type PackedTrial, withFewerLayouts } from '../../src/compile/fewer-layouts.ts';

/** Returns a packing whose time is the sum of the times of its allowed layouts, by name. */
function packingOf(
  times: Readonly<Record<string, number>>,
  without: ReadonlySet<string>,
): PackedTrial {
  const layouts = Object.keys(times).filter((layout) => !without.has(layout));
  const time = layouts.reduce((sum, layout) => sum + (times[layout] as number), 0);
  return { levels: 1, time, operations: 1, layouts };
}

describe('a packing with fewer layouts', () => {
  test('leaves out expensive layouts, and keeps those without an alternative', () => {
    const times = { a: 3, b: 2, c: 1 };
    const tried: string[] = [];
    const best = withFewerLayouts(packingOf(times, new Set()), (without) => {
      tried.push([...without].join());
      return without.has('b') ? undefined : packingOf(times, without);
    });
    expect(best.layouts).toEqual(['b']);
    // The search keeps the first layout that helps, and tries nothing twice.
    expect(tried).toEqual(['a', 'a,b', 'a,c', 'a,b,c']);
  });

  test('takes no more levels', () => {
    const first = packingOf({ a: 2, b: 1 }, new Set());
    expect(withFewerLayouts(first, () => ({ ...first, levels: 2, time: 1 }))).toBe(first);
  });

  test('ends at its limit on operations', () => {
    const names = Array.from({ length: 30 }, (_, i) => [`${i}`, 1] as const);
    const first = { ...packingOf(Object.fromEntries(names), new Set()), operations: 240_000 };
    let trials = 0;
    withFewerLayouts(first, () => {
      trials++;
      return { ...first, time: first.time + 1 };
    });
    expect(trials).toBe(3);
  });
});
