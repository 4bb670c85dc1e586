import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CkksContext, createContext } from '../../src/backends/seal/ckks-context.ts';
import { KeyCache } from '../../src/backends/seal/key-cache.ts';
import { KeyContexts } from '../../src/backends/seal/key-contexts.ts';
import {
  generateKeyStore,
  generateSecretKey,
  type KeyStore,
} from '../../src/backends/seal/key-store.ts';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import { Scope } from '../../src/backends/seal/scope.ts';
import { keyUses } from '../../src/memory/key-needs.ts';
import { runIndex } from '../../src/plan/index-space.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import { chain, planOf } from './plans.ts';

const scope = new Scope();
let context: CkksContext;
let contexts: KeyContexts;
/** Keys of four rotations at the highest level. */
let store: KeyStore;

beforeAll(async () => {
  context = scope.own(createContext(await loadSeal(), planOf(chain(1), 8).params));
  contexts = scope.own(new KeyContexts(context));
  const levels = new Map([1, 2, 3, 4].map((name) => [name, 1]));
  store = generateKeyStore(context, contexts, scope.own(generateSecretKey(context)), levels);
});

afterAll(() => scope.delete());

/** Returns a cache with room for some keys, for a run of rotations. */
function cacheFor(order: readonly number[], room: number): KeyCache {
  const rotations = order.map((steps): CkksOp => ({ op: 'rotate', args: [0], steps, level: 1 }));
  return scope.own(
    new KeyCache(context, contexts, store, keyUses(rotations), new Map([[1, room]])),
  );
}

describe('with room for few keys, no key is loaded more often than necessary', () => {
  /** Returns the fewest loads of keys in an order, with room for `room`: tries every eviction. */
  function fewestLoads(order: readonly number[], room: number): number {
    const known = new Map<string, number>();
    const from = (at: number, loaded: readonly number[]): number => {
      const name = order[at];
      if (name === undefined) return 0;
      if (loaded.includes(name)) return from(at + 1, loaded);
      const state = `${at}:${loaded}`;
      const choices =
        loaded.length < room ? [[...loaded, name]] : loaded.map((_, i) => loaded.with(i, name));
      const fewest =
        known.get(state) ??
        1 +
          Math.min(
            ...choices.map((kept) =>
              from(
                at + 1,
                [...kept].sort((a, b) => a - b),
              ),
            ),
          );
      known.set(state, fewest);
      return fewest;
    };
    return from(0, []);
  }

  test.each([
    [[1, 2, 3, 4, 1, 2, 3, 4, 1, 2]],
    [[1, 2, 3, 1, 4, 2, 1, 3, 2, 4, 1, 1, 3]],
    [[4, 3, 3, 1, 2, 4, 1, 3, 2, 2, 4]],
  ])('%j', (order) => {
    for (const room of [1, 2, 3, 4]) {
      const cache = cacheFor(order, room);
      for (const runs of [1, 2]) {
        for (const [at, steps] of order.entries()) cache.rotation(steps, runIndex(at));
        // A second run goes on with the keys that the first one has left.
        const all = new Array(runs).fill(order).flat();
        expect([room, runs, cache.loads]).toEqual([room, runs, fewestLoads(all, room)]);
      }
    }
  });
});

test('keys are loaded before a run in the order of their uses, as many as there is room for', () => {
  const cache = cacheFor([3, 1, 4, 2, 3], 2);
  cache.preload();
  expect(cache.loads).toBe(2);
  cache.rotation(3, runIndex(0));
  cache.rotation(1, runIndex(1));
  expect(cache.loads).toBe(2);
});

test('a level without a limit keeps all its keys', () => {
  const rotations = [1, 2, 3, 4].map(
    (steps): CkksOp => ({ op: 'rotate', args: [0], steps, level: 1 }),
  );
  const cache = scope.own(new KeyCache(context, contexts, store, keyUses(rotations)));
  for (const at of [0, 1, 2, 3, 0, 1, 2, 3]) cache.rotation(at + 1, runIndex(at));
  expect(cache.loads).toBe(4);
});
