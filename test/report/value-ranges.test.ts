import { expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { showRotations } from '../../src/render/report-text.ts';
import { findingsOf, reportToJson } from '../../src/report/circuit-report.ts';
import { rotationsOf } from '../../src/report/rotation-uses.ts';
import { headrooms } from '../../src/schemes/ckks/headroom.ts';
import { planOf, quartic } from '../backends/plans.ts';

function report(text: string) {
  return reportToJson(findingsOf(compile({ file: 'r.circ', text }, { optimizationLevel: 2 })));
}

test('headroom is the modulus without sign, scale and magnitude', () => {
  const plan = planOf(quartic());
  const [x, square] = headrooms(plan);
  // Base 55, two levels of 40 bits, scale 40: 135 - 1 - 40 - log2(2). The product has twice the
  // scale.
  expect(x).toMatchObject({ index: 0, level: 2, magnitude: 2, magnitudeBits: 1, sampled: false });
  expect(defined(x).headroomBits).toBeCloseTo(93, 4);
  expect(square).toMatchObject({ index: 1, level: 2, magnitude: 4 });
  expect(defined(square).scaleBits).toBeCloseTo(80, 4);
  expect(defined(square).headroomBits).toBeCloseTo(52, 4);
});

test('no value of a plan lacks headroom', () => {
  for (const range of [1, 10, 1000]) {
    for (const { headroomBits } of headrooms(planOf(quartic([-range, range])))) {
      expect(headroomBits).toBeGreaterThan(0);
    }
  }
});

test('the report shows outputs, the largest and the tightest value, with source locations', () => {
  const { ranges } = report(
    'input x: cipher within [-2, 2];\nvar y = x * x * 100;\nfor t in 0..1 {\n  y = y - 400;\n}\noutput y = y * 0.01;\noutput c = 3;\n',
  );
  expect(Object.keys(defined(ranges).outputs)).toEqual(['y']);
  expect(defined(ranges).outputs.y).toMatchObject({ line: 6 });
  expect(defined(ranges).largest.magnitude).toBeGreaterThanOrEqual(
    defined(defined(ranges).outputs.y).magnitude,
  );
  expect(defined(ranges).tightest.headroomBits).toBeLessThanOrEqual(
    defined(defined(ranges).outputs.y).headroomBits,
  );
});

test('without ciphertexts there are no ranges', () => {
  expect(report('input p: plain;\noutput y = p * p;\n').ranges).toBeNull();
});

test('rotations are counted by offset, with the highest level of each', () => {
  const uses = rotationsOf([
    { op: 'rotate', args: [0], steps: 4, level: 1 },
    { op: 'rotate', args: [0], steps: 1, level: 0 },
    { op: 'rotate', args: [0], steps: 4, level: 3 },
    { op: 'negate', args: [0], level: 5 },
  ]);
  expect(uses).toEqual([
    { steps: 1, count: 1, highestLevel: 0 },
    { steps: 4, count: 2, highestLevel: 3 },
  ]);
  expect(showRotations(uses)).toBe('1, 4 (2 times); up to level 3');
});

test('a sum over eight slots rotates by 1, 2 and 4', () => {
  const { rotations } = report('input v: cipher[8] within [-1, 1];\noutput s = sum(v);\n');
  expect(rotations.map(({ steps }) => steps)).toEqual([1, 2, 4]);
});
