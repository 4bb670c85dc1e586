import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import { plainDegree } from '../../src/schemes/ckks/encodings.ts';
import { canonicalScales, cipherProperties } from '../../src/schemes/ckks/scales.ts';
import { nttPrimes } from '../../src/schemes/primes.ts';
import { quartic, scalarMap } from '../backends/plans.ts';

test('scales match their primes and stay close to 2^bits', () => {
  const primes = nttPrimes(32768, 40, 17);
  const scales = canonicalScales(40, primes);
  expect(scales).toHaveLength(18);
  primes.forEach((prime, i) => {
    const below = defined(scales[i + 1]) ** 2 / Number(prime);
    expect(Math.abs(below / defined(scales[i]) - 1)).toBeLessThan(1e-15);
  });
  for (const scale of scales) expect(Math.abs(Math.log2(scale) - 40)).toBeLessThan(1e-4);
});

test('properties are levels, scale degrees and sizes', () => {
  const properties = cipherProperties(quartic());
  expect([...properties.levels]).toEqual([2, 2, 2, 1, 1, 1, 0, -1, 0]);
  expect([...properties.degrees]).toEqual([1, 2, 2, 1, 2, 2, 1, 0, 1]);
  expect([...properties.sizes]).toEqual([2, 3, 2, 2, 3, 2, 2, 0, 2]);
  expect(properties.topLevel).toBe(2);
});

const x: CkksOp = { op: 'upload', input: 'x', map: scalarMap, level: 1 };
const one: CkksOp = { op: 'const', data: 1 };

test('a plaintext has the power of the scale that its operation needs', () => {
  // Value 0 is at its nominal scale, value 1 is a product.
  const of = (op: Parameters<typeof plainDegree>[0]) =>
    plainDegree(op, { degrees: Int8Array.of(1, 2) });
  expect(of({ op: 'mulPlain', args: [0, 2], scale: 'level', level: 1 })).toBe(1);
  expect(of({ op: 'mulPlain', args: [1, 2], scale: 'one', level: 1 })).toBe(0);
  expect(of({ op: 'addPlain', args: [0, 2], level: 1 })).toBe(1);
  expect(of({ op: 'subPlain', args: [1, 2], level: 1 })).toBe(2);
});

test.each<[string, CkksOp[]]>([
  ['levels differ', [x, { ...x, level: 0 }, { op: 'add', args: [0, 1], level: 1 }]],
  [
    'scales differ',
    [x, { op: 'mul', args: [0, 0], level: 1 }, { op: 'add', args: [0, 1], level: 1 }],
  ],
  [
    'a factor is not rescaled',
    [x, { op: 'mul', args: [0, 0], level: 1 }, { op: 'mul', args: [0, 1], level: 1 }],
  ],
  [
    'a factor is not rescaled',
    [x, { op: 'mul', args: [0, 0], level: 1 }, { op: 'mul', args: [1, 0], level: 1 }],
  ],
  [
    'the factor is not rescaled',
    [
      x,
      one,
      { op: 'mul', args: [0, 0], level: 1 },
      { op: 'mulPlain', args: [2, 1], scale: 'level', level: 1 },
    ],
  ],
  [
    'the operand is not rescaled',
    [
      { ...x, level: 2 },
      { op: 'mul', args: [0, 0], level: 2 },
      { op: 'lower', args: [1], level: 0 },
    ],
  ],
  [
    'not relinearized',
    [
      x,
      { op: 'mul', args: [0, 0], level: 1 },
      { op: 'rescale', args: [1], level: 0 },
      { op: 'rotate', args: [2], steps: 1, level: 0 },
    ],
  ],
  [
    'at level 0',
    [
      { ...x, level: 0 },
      { op: 'mul', args: [0, 0], level: 0 },
    ],
  ],
  ['nominal scale', [x, { op: 'rescale', args: [0], level: 0 }]],
  ['is encrypted', [x, { op: 'addPlain', args: [0, 0], level: 1 }]],
  ['is not encrypted', [one, { op: 'negate', args: [0], level: 1 }]],
  ['not at a higher level', [x, { op: 'lower', args: [0], level: 1 }]],
  ['is at a lower level', [x, { op: 'adjust', args: [0], level: 2 }]],
  ['is at a lower level', [x, one, { op: 'mulPlain', args: [0, 1], scale: 'level', level: 2 }]],
  [
    'not rescaled',
    [x, { op: 'mul', args: [0, 0], level: 1 }, { op: 'adjust', args: [1], level: 1 }],
  ],
  ['not an earlier value', [{ op: 'negate', args: [1], level: 1 }, x]],
])('a plan is refused: %s', (message, ops) => {
  expect(() => cipherProperties({ ops })).toThrow(message);
});
