import { describe, expect, test } from 'vitest';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import {
  CostModel,
  operationMs,
  operationTimes,
  termMs,
  transferMs,
} from '../../src/cost/cost-model.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import { planWithSizes } from '../../src/schemes/ckks/choose-params.ts';
import { quartic, scalarMap, sketchOf, vectorMap } from '../backends/plans.ts';
import { unitCost } from './cost-models.ts';

const N = 4096;
/** N·log2(N). */
const butterflies = 49152;
const ns = 1e-6;

describe('terms, every coefficient a nanosecond', () => {
  const size = { degree: N, primes: 2, chainPrimes: 5, polynomials: 3 };

  test.each([
    ['add', 1 + 3 * N * 2],
    ['mulPlain', 1 + 3 * N * 2],
    ['mul', 1 + 3 * N * 2],
    ['transfer', 1 + 3 * N * 2],
    ['rescale', 1 + 3 * butterflies * 2],
    // 1 + l + l² with l = 2.
    ['relinearize', 7 * butterflies],
    ['rotate', 7 * butterflies],
    // 1 + c with c = 5: encoded for the whole chain, at whatever level it is needed.
    ['encodeVector', 6 * butterflies],
    ['encodeUniform', 1 + 3 * N * 2],
  ] as const)('%s takes %d ns', (term, expected) => {
    expect(termMs(unitCost, term, size)).toBeCloseTo(expected * ns, 12);
  });
});

describe('operations', () => {
  const ring = { degree: N, basePrimes: 1, chainPrimes: 5 };
  const cost = (op: Parameters<typeof operationMs>[2], shape: Parameters<typeof operationMs>[3]) =>
    operationMs(unitCost, ring, op, shape);

  test('a ciphertext has the base primes and those of its levels', () => {
    const shape = { from: 0, level: 0, polynomials: 2 };
    expect(cost('add', shape)).toBeCloseTo((1 + 2 * N) * ns, 12);
    const wide = operationMs(unitCost, { ...ring, basePrimes: 2 }, 'add', shape);
    expect(wide).toBeCloseTo((1 + 4 * N) * ns, 12);
  });

  test('a subtraction costs what an addition does', () => {
    const shape = { from: 3, level: 3, polynomials: 2 };
    expect(cost('sub', shape)).toBe(cost('add', shape));
    expect(cost('subPlain', shape)).toBe(cost('addPlain', shape));
  });

  test('an encoding is added to the cost', () => {
    const shape = { from: 1, level: 1, polynomials: 2 };
    const bare = (1 + 4 * N) * ns;
    const uniform = (1 + 2 * N) * ns;
    const vector = 6 * butterflies * ns;
    expect(cost('mulPlain', shape)).toBeCloseTo(bare, 12);
    expect(cost('mulPlain', { ...shape, encodes: 'uniform' })).toBeCloseTo(bare + uniform, 12);
    expect(cost('mulPlain', { ...shape, encodes: 'vector' })).toBeCloseTo(bare + vector, 12);
    const first = cost('mulPlain', { ...shape, encodes: 'firstUniform' });
    expect(first).toBeCloseTo(bare + uniform + vector, 12);
  });

  test('lowering by one level is a multiplication and a rescaling', () => {
    const lower = cost('lower', { from: 1, level: 0, polynomials: 2 });
    expect(lower).toBeCloseTo((1 + 4 * N + 1 + 4 * butterflies) * ns, 12);
  });

  test('lowering by more levels drops the primes between one by one', () => {
    const near = cost('lower', { from: 1, level: 0, polynomials: 2 });
    const far = cost('lower', { from: 3, level: 0, polynomials: 2 });
    // From 4 to 3 primes, from 3 to 2.
    expect(far - near).toBeCloseTo((1 + 8 * N + 1 + 6 * N) * ns, 12);
  });

  test('a transfer costs by the bytes of the ciphertext', () => {
    expect(transferMs(unitCost, ring, 2, 3)).toBeCloseTo((1 + 9 * N) * ns, 12);
  });
});

describe('a plan', () => {
  const sizes = { degree: N, scaleBits: 20, baseBits: [26], specialBits: 30 };
  const timesOf = (sketch: Parameters<typeof planWithSizes>[0], levels: number) =>
    [...operationTimes(planWithSizes(sketch, { ...sizes, levels }, 5), unitCost)].map((ms) =>
      Math.round(ms / ns),
    );

  test('x⁴ + 2', () => {
    expect(timesOf(quartic(), 2)).toEqual([
      0,
      1 + 2 * N * 3,
      (1 + 3 + 9) * butterflies,
      1 + 2 * butterflies * 3,
      1 + 2 * N * 2,
      (1 + 2 + 4) * butterflies,
      1 + 2 * butterflies * 2,
      0,
      // The 2 is the first uniform number of the level; a chain of 3 primes.
      1 + 2 * N + (1 + N) + 4 * butterflies,
    ]);
  });

  test('an encoding is made once, and the format of a level is learned once', () => {
    const ops: CkksOp[] = [
      { op: 'upload', input: 'x', map: scalarMap, level: 0 },
      { op: 'const', data: 0.5 },
      { op: 'const', data: [1, 2] },
      { op: 'addPlain', args: [0, 1], level: 0 },
      { op: 'addPlain', args: [3, 1], level: 0 },
      { op: 'subPlain', args: [4, 2], level: 0 },
      { op: 'subPlain', args: [5, 2], level: 0 },
      { op: 'const', data: 0.25 },
      { op: 'addPlain', args: [6, 7], level: 0 },
    ];
    const sketch = sketchOf({
      slots: 2,
      inputs: [{ name: 'x', secrecy: 'cipher', shape: [], range: [-1, 1] }],
      ops,
      outputs: [{ name: 'y', shape: [], value: 8, map: scalarMap }],
    });
    const bare = 1 + 2 * N;
    const uniform = 1 + N;
    const vector = 2 * butterflies;
    expect(timesOf(sketch, 0)).toEqual([
      ...[0, 0, 0],
      ...[bare + uniform + vector, bare],
      ...[bare + vector, bare],
      ...[0, bare + uniform],
    ]);
  });

  test('a product has three polynomials until it is relinearized', () => {
    const map = vectorMap(2);
    const sketch = sketchOf({
      slots: 2,
      inputs: [{ name: 'x', secrecy: 'cipher', shape: [2], range: [-1, 1] }],
      ops: [
        { op: 'upload', input: 'x', map, level: 1 },
        { op: 'mul', args: [0, 0], level: 1 },
        { op: 'add', args: [1, 1], level: 1 },
        { op: 'rescale', args: [2], level: 0 },
        { op: 'relinearize', args: [3], level: 0 },
      ],
      outputs: [{ name: 'y', shape: [2], value: 4, map }],
    });
    expect(timesOf(sketch, 1)).toEqual([
      0,
      1 + 2 * N * 2,
      1 + 3 * N * 2,
      1 + 3 * butterflies * 2,
      3 * butterflies,
    ]);
  });
});

describe('stored models', () => {
  test('the built-in model is valid', () => {
    expect(CostModel.parse(JSON.parse(JSON.stringify(BUILT_IN_COST)))).toEqual(BUILT_IN_COST);
  });

  test('an operation is more expensive for more primes', () => {
    for (const term of Object.keys(BUILT_IN_COST.terms) as (keyof CostModel['terms'])[]) {
      const at = (primes: number) =>
        termMs(BUILT_IN_COST, term, {
          degree: 8192,
          primes,
          chainPrimes: primes,
          polynomials: 2,
        });
      expect(at(5)).toBeGreaterThan(at(4));
    }
  });

  test.each([
    ['another version', { ...unitCost, version: 2 }],
    ['a term too few', { ...unitCost, terms: { ...unitCost.terms, add: undefined } }],
    [
      'a negative time',
      { ...unitCost, terms: { ...unitCost.terms, add: { call: -1, coefficient: 1 } } },
    ],
    [
      'a time that is no number',
      { ...unitCost, terms: { ...unitCost.terms, add: { call: Number.NaN, coefficient: 1 } } },
    ],
  ])('%s is refused', (_, model) => {
    expect(CostModel.safeParse(model).success).toBe(false);
  });
});
