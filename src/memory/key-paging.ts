import { defined, lookUp } from '../lookup.ts';
import type { RunIndex } from '../plan/index-space.ts';
import type { Plan } from '../plan/plan.ts';
import type { KeyName, KeyNeeds, KeyUses } from './key-needs.ts';
import { pooledCount } from './memory-pool.ts';

/** How many keys of a level may be in WebAssembly memory at a time, by level. */
export type KeyCapacities = ReadonlyMap<number, number>;

/** Bytes that SEAL's pool comes to hold for so many keys of a level: digits of two polynomials. */
export function residentBytes(params: Plan['params'], level: number, count: number): number {
  const digits = params.basePrimes + level;
  const digitBytes = 16 * params.polyModulusDegree * (digits + 1);
  return digitBytes * pooledCount(count * digits);
}

/** The same for all levels. */
export function residentBytesOf(params: Plan['params'], capacities: KeyCapacities): number {
  let bytes = 0;
  for (const [level, count] of capacities) bytes += residentBytes(params, level, count);
  return bytes;
}

/** Room for all keys. */
export function allKeys(levels: KeyNeeds): KeyCapacities {
  const counts = new Map<number, number>();
  for (const level of levels.values()) counts.set(level, (counts.get(level) ?? 0) + 1);
  return counts;
}

/** Room for one key of each level: the least there can be. */
export function oneKey(levels: KeyNeeds): KeyCapacities {
  return new Map([...levels.values()].map((level) => [level, 1]));
}

/**
 * Divides room among the levels of keys: one key of each first, then always one more of the level where that
 * saves most loads. What a load takes and the room of a key both grow with its bytes.
 *
 * @param levels level that each key is made for
 * @param uses see `keyUses`
 * @param budget bytes for keys
 * @returns undefined if the budget does not hold one key of each level
 */
export function keyCapacities(
  params: Plan['params'],
  levels: KeyNeeds,
  uses: KeyUses,
  budget: number,
): KeyCapacities | undefined {
  const most = allKeys(levels);
  if (residentBytesOf(params, most) <= budget) return most;
  const capacities = new Map(oneKey(levels));
  if (residentBytesOf(params, capacities) > budget) return undefined;
  const runs = new Map([...most.keys()].map((level) => [level, runOf(level, levels, uses)]));
  const gain = (level: number): number => {
    const [run, count] = [lookUp(runs, level), lookUp(capacities, level)];
    return loads(run, count) - loads(run, count + 1);
  };
  for (;;) {
    const spare = budget - residentBytesOf(params, capacities);
    const open = [...capacities.keys()].filter((level) => {
      const count = lookUp(capacities, level);
      const more = residentBytes(params, level, count + 1) - residentBytes(params, level, count);
      return count < lookUp(most, level) && more <= spare;
    });
    if (open.length === 0) return capacities;
    const best = open.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    capacities.set(best, lookUp(capacities, best) + 1);
  }
}

/** The keys of a level in the order in which they are used. */
function runOf(level: number, levels: KeyNeeds, uses: KeyUses): readonly KeyName[] {
  const run: (readonly [at: RunIndex, name: KeyName])[] = [];
  for (const [name, places] of uses) {
    if (levels.get(name) === level) for (const at of places) run.push([at, name]);
  }
  return run.sort(([a], [b]) => a - b).map(([, name]) => name);
}

/** How often a key has to be loaded if so many fit and the one whose next use is furthest goes. */
function loads(run: readonly KeyName[], capacity: number): number {
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

/** For each use of a key the place of the next one. */
function nextUses(run: readonly KeyName[]): readonly number[] {
  const next = new Array<number>(run.length);
  const seen = new Map<KeyName, number>();
  for (let at = run.length - 1; at >= 0; at--) {
    next[at] = seen.get(defined(run[at])) ?? Number.POSITIVE_INFINITY;
    seen.set(defined(run[at]), at);
  }
  return next;
}
