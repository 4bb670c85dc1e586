import { defined, lookUp } from '../lookup.ts';
import type { RunIndex } from '../plan/index-space.ts';
import type { Plan } from '../plan/plan.ts';
import type { KeyName, KeyNeeds, KeyUses } from './key-needs.ts';
import { pooledCount } from './memory-pool.ts';

/** Limit on the keys of a level that are in WebAssembly memory at a time, by level. */
export type KeyCapacities = ReadonlyMap<number, number>;

/**
 * Returns the bytes that SEAL's pool grows to for `count` keys of a level: digits of two
 * polynomials.
 */
export function residentBytes(params: Plan['params'], level: number, count: number): number {
  const digits = params.basePrimes + level;
  const digitBytes = 16 * params.polyModulusDegree * (digits + 1);
  return digitBytes * pooledCount(count * digits);
}

/** Returns the bytes that SEAL's pool grows to for the keys of all levels. */
export function residentBytesOf(params: Plan['params'], capacities: KeyCapacities): number {
  let bytes = 0;
  for (const [level, count] of capacities) bytes += residentBytes(params, level, count);
  return bytes;
}

/** Returns the capacities that fit all keys. */
export function allKeys(levels: KeyNeeds): KeyCapacities {
  const counts = new Map<number, number>();
  for (const level of levels.values()) counts.set(level, (counts.get(level) ?? 0) + 1);
  return counts;
}

/** Returns the least capacities: one key of each level. */
export function oneKey(levels: KeyNeeds): KeyCapacities {
  return new Map([...levels.values()].map((level) => [level, 1]));
}

/**
 * Divides memory among the levels of keys: first one key of each level, then repeatedly one more of
 * the level where that saves most loads. Both the time of a load and the memory of a key grow with
 * its bytes.
 *
 * @param levels the level that each key is made for
 * @param uses see `keyUses`
 * @param budget bytes for keys
 * @returns undefined if the budget is too small for one key of each level
 */
export function keyCapacities(
  params: Plan['params'],
  levels: KeyNeeds,
  uses: KeyUses,
  budget: number,
): KeyCapacities | undefined {
  const all = allKeys(levels);
  if (residentBytesOf(params, all) <= budget) return all;
  const capacities = new Map(oneKey(levels));
  if (residentBytesOf(params, capacities) > budget) return undefined;
  const runs = new Map([...all.keys()].map((level) => [level, runOf(level, levels, uses)]));
  const gain = (level: number): number => {
    const [run, count] = [lookUp(runs, level), lookUp(capacities, level)];
    return loadCount(run, count) - loadCount(run, count + 1);
  };
  for (;;) {
    const spare = budget - residentBytesOf(params, capacities);
    const open = [...capacities.keys()].filter((level) => {
      const count = lookUp(capacities, level);
      const more = residentBytes(params, level, count + 1) - residentBytes(params, level, count);
      return count < lookUp(all, level) && more <= spare;
    });
    if (open.length === 0) return capacities;
    const best = open.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    capacities.set(best, lookUp(capacities, best) + 1);
  }
}

/** Returns the keys of a level in the order in which they are used. */
function runOf(level: number, levels: KeyNeeds, uses: KeyUses): readonly KeyName[] {
  const run: (readonly [at: RunIndex, name: KeyName])[] = [];
  for (const [name, indices] of uses) {
    if (levels.get(name) === level) for (const at of indices) run.push([at, name]);
  }
  return run.sort(([a], [b]) => a - b).map(([, name]) => name);
}

/**
 * Returns how often a key is loaded if `capacity` keys fit and the one whose next use is furthest
 * is evicted.
 */
function loadCount(run: readonly KeyName[], capacity: number): number {
  const next = nextUses(run);
  const resident = new Map<KeyName, number>();
  let count = 0;
  run.forEach((name, at) => {
    if (!resident.has(name)) {
      count++;
      if (resident.size === capacity) {
        const [furthest] = [...resident].reduce((a, b) => (b[1] > a[1] ? b : a));
        resident.delete(furthest);
      }
    }
    resident.set(name, defined(next[at]));
  });
  return count;
}

/** Returns, for each use of a key, the index of its next use. */
function nextUses(run: readonly KeyName[]): readonly number[] {
  const next = new Array<number>(run.length);
  const seen = new Map<KeyName, number>();
  for (let at = run.length - 1; at >= 0; at--) {
    next[at] = seen.get(defined(run[at])) ?? Number.POSITIVE_INFINITY;
    seen.set(defined(run[at]), at);
  }
  return next;
}
