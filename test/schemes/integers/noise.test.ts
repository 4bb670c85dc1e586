import { describe, expect, test } from 'vitest';
import { encryptedEvaluation } from '../../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../../src/compile/compile.ts';
import { defined } from '../../../src/lookup.ts';
import { randomNumbers } from '../../../src/schemes/ckks/samples.ts';
import {
  type ModulusChain,
  noiseGrowth,
  plainNorm,
} from '../../../src/schemes/integers/noise-growth.ts';

const programs: readonly (readonly [name: string, text: string])[] = [
  ['an upload', 'input x: cipher[8]; output y = x;'],
  ['rotations', 'input x: cipher[8]; output y = sum(x);'],
  ['a square', 'input x: cipher[8]; output y = x*x;'],
  ['a square of rotations', 'input x: cipher[8]; output y = sum(x)^2;'],
  ['depth 3', 'input x: cipher[8]; output y = x^8;'],
  [
    'a product of many',
    'input x: cipher[8]; input z: cipher[8]; output y = x*z*(x + 1)*(z - 2)*x*z;',
  ],
  ['plaintext products', 'input x: cipher[8]; input p: plain[8]; output y = x*p*p*p;'],
  ['a negative constant', 'input x: cipher[8]; output y = -2*x;'],
  ['a sum of 256 products', 'input x: cipher[256]; input z: cipher[256]; output y = dot(x, z);'],
  [
    'several histories',
    'input x: cipher[8]; input p: plain[8]; output y = (x*p)^2*rotate(x, 3) + x;',
  ],
];

/** Limit on the bits by which a measured noise budget may exceed its prediction. */
const mostExcess = { bfv: 20, bgv: 40 };
/** Every fourth program is enough if t is small or large. */
const cases = [257, 65_537, 1_099_511_480_321].flatMap((t) =>
  programs
    .filter((_, i) => t === 65_537 || i % 4 === 3)
    .map(([name, text]) => [t, name, text] as const),
);

describe.each(['bfv', 'bgv'] as const)('%s', (scheme) => {
  test.each(cases)(
    'modulo %i, %s: the noise budget is at least the predicted one, and not much more',
    async (t, _, text) => {
      const source = { file: 'noise.circ', text: `scheme ${scheme}(t = ${t}); ${text}` };
      const { plan } = compile(source, { optimizationLevel: 2 }).optimized;
      if (plan?.scheme !== scheme) throw new Error('no plan');
      const random = randomNumbers(t % 1000);
      const inputs = new Map(
        plan.inputs.map(({ name, shape: [n = 1] }) => [
          name,
          Float64Array.from({ length: n }, () => Math.floor(random() * t)),
        ]),
      );
      const { noiseBudgets } = await encryptedEvaluation(plan, [{ inputs }]);
      const excess = (noiseBudgets?.y ?? 0) - defined(defined(plan.outputs[0]).noiseBudget);
      expect(excess).toBeGreaterThanOrEqual(0);
      expect(excess).toBeLessThanOrEqual(mostExcess[scheme]);
    },
  );
});

const chain = (scheme: 'bfv' | 'bgv'): ModulusChain => ({
  scheme,
  degree: 8192,
  plainModulus: 65_537,
  primeBits: [40, 40, 40],
  basePrimes: scheme === 'bfv' ? 3 : 1,
  specialBits: 43,
});

test('a modulus switch of BGV divides noise down to a floor', () => {
  const { fresh, mul, modSwitch } = noiseGrowth(chain('bgv'));
  const squared = mul(fresh, fresh);
  const once = modSwitch(squared, 2, 1, 2);
  expect(squared.spread - once.spread).toBeGreaterThan(25);
  const floor = modSwitch(once, 1, 0, 2);
  // A rounding of width t, of two polynomials, one of them times the secret.
  const rounding = 16 + Math.log2(6 * Math.sqrt((8192 / 12) * (1 + (8192 * 2) / 3)));
  expect(floor.spread).toBeCloseTo(rounding, 1);
});

test('a product of BFV multiplies any noise by about t·N', () => {
  const { fresh, mul } = noiseGrowth(chain('bfv'));
  const [once, twice] = [mul(fresh, fresh), mul(mul(fresh, fresh), fresh)];
  // 6·t·√(N/12·(1 + 2N/3)) times the sum of two noises.
  const step = Math.log2(6 * 65_537 * Math.sqrt((8192 / 12) * (1 + (8192 * 2) / 3)));
  expect(once.spread - fresh.spread).toBeCloseTo(step + 1, 1);
  expect(twice.spread - once.spread).toBeCloseTo(step, 1);
});

test('the norm of a plaintext depends on the number of its coefficients', () => {
  expect(plainNorm(2 ** 20, 1)).toBe(19);
  expect(plainNorm(2 ** 20, 2)).toBe(20);
  expect(plainNorm(2 ** 20, 1200)).toBeCloseTo(20 + Math.log2(60), 12);
});
