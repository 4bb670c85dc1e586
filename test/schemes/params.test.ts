import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import { Plan as PlanSchema } from '../../src/plan/plan.ts';
import { chooseParams, withErrorBounds } from '../../src/schemes/ckks/choose-params.ts';
import { isSecure } from '../../src/schemes/security.ts';
import { chain, planOf, quartic, scalarMap, sketchOf, vectorMap } from '../backends/plans.ts';

test('two levels at the default precision', () => {
  const plan = planOf(quartic());
  expect(plan.params).toMatchObject({
    polyModulusDegree: 8192,
    coeffModulusBits: [55, 40, 40, 60],
    basePrimes: 1,
    scaleBits: 40,
    securityBits: 128,
  });
  expect(plan.params.scales).toHaveLength(3);
  expect(PlanSchema.parse(plan)).toEqual(plan);
});

test.each([
  [0, 4096],
  [1, 8192],
  [2, 8192],
  [3, 8192],
  [4, 16384],
  [7, 16384],
  [10, 32768],
  [16, 32768],
])('%i levels fit N = %i at the default precision', (levels, degree) => {
  const { params } = planOf(chain(levels));
  expect(params.polyModulusDegree).toBe(degree);
  expect(params.scaleBits).toBeGreaterThanOrEqual(38);
  expect(params.scaleBits).toBeLessThanOrEqual(44);
});

test.each([0, 1, 3, 6, 9, 12, 15])('parameters of %i levels are sound', (levels) => {
  const { params } = planOf(chain(levels), 12);
  const bits = params.coeffModulus.reduce((sum, q) => sum + Math.log2(Number(q)), 0);
  expect(isSecure(params.polyModulusDegree, bits, 128)).toBe(true);
  expect(new Set(params.coeffModulus).size).toBe(params.coeffModulus.length);
  const special = defined(params.coeffModulusBits.at(-1));
  const others = params.coeffModulusBits.slice(0, -1);
  expect(special).toBeGreaterThanOrEqual(Math.max(...others));
  expect(special).toBeGreaterThan(defined(others[0]));
  params.coeffModulus.forEach((q, i) => {
    expect(BigInt(q).toString(2)).toHaveLength(defined(params.coeffModulusBits[i]));
  });
});

test('a coarser precision makes the ring smaller', () => {
  expect(planOf(chain(4), 20).params.polyModulusDegree).toBe(16384);
  expect(planOf(chain(4), 10).params.polyModulusDegree).toBe(8192);
});

test('a finer precision makes the scale larger', () => {
  expect(planOf(chain(2), 28).params.scaleBits).toBe(48);
});

test('the predicted error is within the precision', () => {
  for (const precisionBits of [8, 14, 20, 26]) {
    const plan = planOf(chain(3), precisionBits);
    expect(defined(plan.outputs[0]).errorBound).toBeLessThanOrEqual(2 ** -precisionBits);
  }
});

test('the factor that the client multiplies by is part of magnitude, tolerance and error', () => {
  const of = (factor: number) => {
    const sketch = chain(1);
    const choice = chooseParams(
      { ...sketch, outputs: sketch.outputs.map((output) => ({ ...output, factor })) },
      { precisionBits: 20 },
    );
    if ('refused' in choice) throw new Error(choice.refused.reason);
    return choice;
  };
  // |x·z| ≤ 1, so an output of -1000·x·z reaches 1000, and may be 1000 times as far off.
  const [one, large] = [of(1), of(-1000)];
  expect([one.notes.magnitudes, large.notes.magnitudes]).toEqual([[1], [1000]]);
  expect(large.plan.params).toEqual(one.plan.params);
  const [own, times] = [one, large].map(({ plan }) => defined(plan.outputs[0]).errorBound);
  expect(defined(times) / defined(own)).toBeCloseTo(1000, 9);
  // Below a magnitude of 1 the precision is absolute.
  expect(of(0.001).notes.magnitudes).toEqual([0.001]);
});

test('precision is relative to a whole output, not to each of its parts', () => {
  const sketch = sketchOf({
    slots: 1,
    inputs: [
      { name: 'x', secrecy: 'cipher', shape: [], range: [-1, 1] },
      { name: 'z', secrecy: 'cipher', shape: [], range: [-1000, 1000] },
    ],
    ops: [
      { op: 'upload', input: 'x', map: scalarMap, level: 0 },
      { op: 'upload', input: 'z', map: scalarMap, level: 0 },
    ],
    outputs: [0, 1].map((value) => ({
      ...{ name: 'y', shape: [2], value },
      map: { ...vectorMap(1), from: value },
    })),
  });
  const choice = chooseParams(sketch, { precisionBits: 20 });
  expect('notes' in choice && choice.notes.magnitudes).toEqual([1000, 1000]);
});

test('a plan whose error bounds are predicted again keeps its promise or is refused', () => {
  const plan = planOf(chain(3));
  expect(withErrorBounds(plan)).toEqual(plan);
  const [bound = 0] = plan.outputs.map(({ errorBound }) => errorBound);
  // The finest precision that the bound keeps, and one bit more.
  const bits = Math.floor(-Math.log2(bound));
  expect(withErrorBounds({ ...plan, precisionBits: bits })).toBeDefined();
  expect(withErrorBounds({ ...plan, precisionBits: bits + 1 })).toBeUndefined();
});

test('a division has the least divisor that its range allows', () => {
  const sketch = sketchOf({
    slots: 1,
    inputs: [
      { name: 'x', secrecy: 'cipher', shape: [], range: [-1, 1] },
      { name: 'p', secrecy: 'plain', shape: [], range: [0.25, 4] },
    ],
    ops: [
      { op: 'upload', input: 'x', map: scalarMap, level: 1 },
      { op: 'plainInput', input: 'p', map: scalarMap },
      { op: 'clearInverse', args: [1], map: scalarMap },
      { op: 'mulPlain', args: [0, 2], scale: 'level', level: 1 },
      { op: 'rescale', args: [3], level: 0 },
    ],
    outputs: [{ name: 'y', shape: [], value: 4, map: scalarMap }],
  });
  const [, , inverse] = planOf(sketch).ops;
  // 1/p is at most 4; a slack of 2^-40 accepts 0.25 itself.
  expect(inverse).toMatchObject({ op: 'clearInverse', least: 0.25 * (1 - 2 ** -40) });
});

test('headroom: the base has the scale, the largest magnitude, a sign and a bit for errors', () => {
  for (const [range, bits] of [
    [1, 0],
    [1000, 40],
    [30, 20],
  ] as const) {
    const { params } = planOf(quartic([-range, range]), 10);
    const base = params.coeffModulusBits.slice(0, params.basePrimes).reduce((a, b) => a + b, 0);
    expect(base).toBeGreaterThanOrEqual(params.scaleBits + bits + 2);
  }
});

test('no base prime is nearer than 3 bits to the special prime', () => {
  // x^4 takes 20 to 31 bits beyond a scale of 30: bases of 52 to 63 bits.
  const bases = Array.from({ length: 12 }, (_, i) => {
    const { params } = planOf(quartic([0, 2 ** ((20 + i) / 4)]), 10);
    const special = defined(params.coeffModulusBits.at(-1));
    const base = params.coeffModulusBits.slice(0, params.basePrimes);
    for (const prime of base) expect(prime).toBeLessThanOrEqual(special - 3);
    return base.length;
  });
  // A base of more than 57 bits is divided into two primes.
  expect(new Set(bases)).toEqual(new Set([1, 2]));
});

test('large values get a base of two primes', () => {
  const { params } = planOf(quartic([-1000, 1000]));
  expect(params.basePrimes).toBe(2);
  const base = params.coeffModulusBits.slice(0, 2).reduce((a, b) => a + b, 0);
  // x^4 up to 1e12 < 2^40, and one bit for the sign.
  expect(base).toBeGreaterThanOrEqual(params.scaleBits + 40 + 1);
});

test('the ring has enough slots', () => {
  const sketch = sketchOf({
    slots: 16384,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [16384], range: [-1, 1] }],
    ops: [{ op: 'upload', input: 'x', map: vectorMap(16384), level: 0 }],
    outputs: [{ name: 'y', shape: [16384], value: 0, map: vectorMap(16384) }],
  });
  expect(planOf(sketch).params.polyModulusDegree).toBe(32768);
  const refused = chooseParams({ ...sketch, slots: 32768 }, { precisionBits: 20 });
  expect(refused).toMatchObject({ refused: { levelsNeeded: 0, levelsAvailable: 0 } });
});

test('a plan with too many levels is refused with the number of available levels', () => {
  const choice = chooseParams(chain(40), { precisionBits: 20 });
  expect(choice).toMatchObject({ refused: { levelsNeeded: 40 } });
  if (!('refused' in choice)) return;
  expect(choice.refused.levelsAvailable).toBeGreaterThan(15);
  expect(choice.refused.levelsAvailable).toBeLessThan(40);
  expect(choice.refused.reason).toMatch(/40 levels are needed/);
});

test('the number of levels reported as available does fit', () => {
  const choice = chooseParams(chain(40), { precisionBits: 20 });
  if (!('refused' in choice)) throw new Error('expected a refusal');
  // Fewer levels are no less precise.
  expect('plan' in chooseParams(chain(choice.refused.levelsAvailable), { precisionBits: 20 })).toBe(
    true,
  );
});

test('a precision that no scale reaches is refused', () => {
  const choice = chooseParams(chain(2), { precisionBits: 50 });
  expect(choice).toMatchObject({
    refused: { levelsNeeded: 2, reason: expect.stringContaining('errors') },
  });
});

test('values without a bound are refused', () => {
  const ops: CkksOp[] = [{ op: 'upload', input: 'x', map: vectorMap(1), level: 0 }];
  for (let i = 0; i < 3000; i++) ops.push({ op: 'add', args: [i, i], level: 0 });
  const sketch = sketchOf({
    slots: 1,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [1], range: [-1, 1] }],
    ops,
    outputs: [{ name: 'y', shape: [1], value: 3000, map: vectorMap(1) }],
  });
  expect(chooseParams(sketch, { precisionBits: 20 })).toMatchObject({
    refused: { reason: expect.stringContaining('no bound') },
  });
});

test('the choice is deterministic', () => {
  expect(planOf(chain(5))).toEqual(planOf(chain(5)));
});
