import { describe, expect, test } from 'vitest';
import { keyLevels } from '../../src/memory/key-levels.ts';
import { type KeyName, keyNeeds, keyUses } from '../../src/memory/key-needs.ts';
import { keyCapacities, residentBytes } from '../../src/memory/key-paging.ts';
import { MemoryPool, pooledCount } from '../../src/memory/memory-pool.ts';
import type { CkksOp, CkksParams } from '../../src/plan/plan.ts';

function params(degree: number, levels: number): CkksParams {
  return {
    polyModulusDegree: degree,
    coeffModulusBits: [],
    coeffModulus: new Array<string>(levels + 2).fill('0'),
    basePrimes: 1,
    scaleBits: 40,
    scales: [],
    securityBits: 128,
  };
}

const rotations = (level: number, ...steps: readonly number[]): CkksOp[] =>
  steps.map((s) => ({ op: 'rotate', args: [0], steps: s, level }));

describe('the levels that keys are made for', () => {
  test('are those of their use if that saves much', () => {
    const steps = Array.from({ length: 20 }, (_, i) => i + 1);
    const ops = [...rotations(8, 99), ...rotations(2, ...steps)];
    const made = keyLevels({ ops, params: params(16384, 8) });
    expect(made.get(99)).toBe(8);
    expect(made.get(7)).toBe(2);
  });

  test('are higher if a context costs more than it saves', () => {
    const made = keyLevels({ ops: rotations(1, 5), params: params(8192, 2) });
    expect([...made]).toEqual([[5, 2]]);
  });

  test('are never below a use, and few', () => {
    const ops = Array.from({ length: 18 }, (_, level) => rotations(level, level + 1)).flat();
    const plan = { ops, params: params(32768, 17) };
    const made = keyLevels(plan);
    for (const [name, need] of keyNeeds(plan)) {
      expect(made.get(name)).toBeGreaterThanOrEqual(need);
    }
    expect(new Set(made.values()).size).toBeLessThan(6);
  });
});

test('keyUses returns indices in the order of the run', () => {
  const ops: CkksOp[] = [
    ...rotations(1, 2, 3),
    { op: 'relinearize', args: [0], level: 1 },
    ...rotations(0, 2),
  ];
  expect([...keyUses(ops)]).toEqual([
    [2, [0, 3]],
    [3, [1]],
    ['relinearization', [2]],
  ]);
});

describe('memory pools', () => {
  test('allocate memory in growing batches', () => {
    expect([1, 2, 3, 4, 6, 7, 18].map(pooledCount)).toEqual([1, 3, 3, 6, 6, 10, 21]);
  });

  test('reuse freed memory for the same size only', () => {
    const pool = new MemoryPool();
    pool.take(5);
    pool.give(5);
    pool.take(5);
    expect(pool.total).toBe(5);
    pool.borrow([7, 7]);
    pool.borrow([7]);
    expect(pool.total).toBe(5 + 3 * 7);
  });
});

describe('memory for keys', () => {
  const ring = params(8192, 4);
  const levels = new Map<KeyName, number>([
    [1, 4],
    [2, 4],
    [3, 4],
    [4, 1],
    [5, 1],
  ]);
  // 1 2 3 1 2 3 at level 4, 4 5 at level 1.
  const uses = keyUses(
    [1, 2, 3, 1, 2, 3, 4, 5].map((steps) => ({ op: 'rotate', args: [0], steps, level: 0 })),
  );
  const bytes = (top: number, low: number): number =>
    residentBytes(ring, 4, top) + residentBytes(ring, 1, low);
  const capacities = (budget: number) => keyCapacities(ring, levels, uses, budget);

  test('is for all keys if they fit', () => {
    expect(capacities(bytes(3, 2))).toEqual(
      new Map([
        [4, 3],
        [1, 2],
      ]),
    );
  });

  test('goes to the level where it saves loads', () => {
    expect(capacities(bytes(2, 1))).toEqual(
      new Map([
        [4, 2],
        [1, 1],
      ]),
    );
    expect(capacities(bytes(3, 2) - 1)?.get(4)).toBe(3);
  });

  test('goes there whichever level comes first', () => {
    // Two loads of the keys of level 4 are saved, none of those of level 1, which are used once.
    const lowFirst = new Map<KeyName, number>([...levels].reverse());
    expect(keyCapacities(ring, lowFirst, uses, bytes(2, 1))).toEqual(
      new Map([
        [1, 1],
        [4, 2],
      ]),
    );
    // What is left is for the other level, too, if it fits.
    expect(keyCapacities(ring, lowFirst, uses, bytes(2, 2))?.get(1)).toBe(2);
  });

  test('is counted in digits of two polynomials, in the batches of the pool', () => {
    // Level 4 has 5 primes and as many digits, modulo 6 primes; the pool has 6 for 5, 10 for 10.
    expect(residentBytes(ring, 4, 1)).toBe(16 * 8192 * 6 * 6);
    expect(residentBytes(ring, 4, 2)).toBe(16 * 8192 * 6 * 10);
    expect(residentBytes(ring, 0, 1)).toBe(16 * 8192 * 2);
  });

  test('is for at least one key of each level', () => {
    expect(capacities(bytes(1, 1))).toEqual(
      new Map([
        [4, 1],
        [1, 1],
      ]),
    );
    expect(capacities(bytes(1, 1) - 1)).toBeUndefined();
  });
});
