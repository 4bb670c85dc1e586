import { describe, expect, test } from 'vitest';
import { type PackedTrial, withFewerLayouts } from '../../src/compile/fewer-layouts.ts';

/** A packing that takes as long as its places say, by what they are called. */
function placed(
  times: Readonly<Record<string, number>>,
  without: ReadonlySet<string>,
): PackedTrial {
  const places = Object.keys(times).filter((place) => !without.has(place));
  const time = places.reduce((sum, place) => sum + (times[place] as number), 0);
  return { levels: 1, time, operations: 1, places };
}

describe('a packing with fewer places', () => {
  test('leaves out what costs, and keeps what there is no other place for', () => {
    const times = { a: 3, b: 2, c: 1 };
    const tried: string[] = [];
    const best = withFewerLayouts(placed(times, new Set()), (without) => {
      tried.push([...without].join());
      return without.has('b') ? undefined : placed(times, without);
    });
    expect(best.places).toEqual(['b']);
    // The first that helps is taken; nothing is tried twice.
    expect(tried).toEqual(['a', 'a,b', 'a,c', 'a,b,c']);
  });

  test('takes no more levels', () => {
    const first = placed({ a: 2, b: 1 }, new Set());
    expect(withFewerLayouts(first, () => ({ ...first, levels: 2, time: 1 }))).toBe(first);
  });

  test('ends where it has looked at so many operations', () => {
    const names = Array.from({ length: 30 }, (_, i) => [`${i}`, 1] as const);
    const first = { ...placed(Object.fromEntries(names), new Set()), operations: 4_000 };
    let trials = 0;
    withFewerLayouts(first, () => {
      trials++;
      return { ...first, time: first.time + 1 };
    });
    expect(trials).toBe(3);
  });
});
