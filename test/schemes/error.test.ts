import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import {
  predictErrors,
  sampledErrors,
  worstCaseErrors,
} from '../../src/schemes/ckks/error-bounds.ts';
import {
  type NoiseParams,
  noiseAmplitudes,
  RMS_TAILS,
} from '../../src/schemes/ckks/noise-amplitudes.ts';
import { cipherProperties } from '../../src/schemes/ckks/scales.ts';
import { analyzeRanges } from '../../src/schemes/ckks/value-bounds.ts';
import { chain, scalarMap, sketchOf } from '../backends/plans.ts';

function nominal(degree: number, scaleBits: number, levels: number): NoiseParams {
  return {
    degree,
    scales: new Array<number>(levels + 1).fill(2 ** scaleBits),
    primeBits: [scaleBits + 15, ...new Array<number>(levels).fill(scaleBits)],
    specialBits: 60,
    basePrimes: 1,
  };
}

function predicted(sketch: ReturnType<typeof chain>, params: NoiseParams, reference = params) {
  const analysis = { sketch, ranges: analyzeRanges(sketch), properties: cipherProperties(sketch) };
  const outputs = new Set(sketch.outputs.map(({ value }) => value));
  return {
    worst: defined(worstCaseErrors(analysis, params).at(-1)),
    prediction: defined(
      predictErrors(analysis, params, sampledErrors(analysis, reference, outputs))[0],
    ),
  };
}

test('a rounding error has the size that theory predicts', () => {
  // Variance N/12·(1 + 2N/3) of a complex slot, half of it in the real part: N/6 root mean square.
  const noise = noiseAmplitudes(nominal(8192, 40, 2), RMS_TAILS);
  expect(noise.rescaling(2)).toBeCloseTo(8192 / 6, -1);
  expect(noise.encryption(2)).toBeCloseTo(8192 / 6, -1);
});

test('key switching is noisier if the base is near the special prime', () => {
  const far = noiseAmplitudes({ ...nominal(8192, 40, 0), primeBits: [50] }).keySwitching(0);
  const near = noiseAmplitudes({ ...nominal(8192, 40, 0), primeBits: [60] }).keySwitching(0);
  expect(near).toBeGreaterThan(20 * far);
});

test('errors halve with each bit of the scale', () => {
  const at40 = predicted(chain(3), nominal(8192, 40, 3)).worst;
  const at36 = predicted(chain(3), nominal(8192, 36, 3)).worst;
  expect(at36 / at40).toBeCloseTo(16, 1);
});

test('shallow circuits keep the worst case', () => {
  const { prediction, worst } = predicted(chain(3), nominal(8192, 40, 3));
  expect(prediction.sampled).toBe(false);
  // Delivering the output adds at most one fresh encryption.
  expect(prediction.bound).toBeGreaterThanOrEqual(worst);
  expect(prediction.bound).toBeLessThan(2 * worst);
});

/** z ← z(2 - z), `iterations` times: damps its errors, which the worst case ignores. */
function damping(iterations: number) {
  const ops: CkksOp[] = [
    { op: 'upload', input: 'z', map: scalarMap, level: iterations },
    { op: 'const', data: 2 },
  ];
  let z = 0;
  for (let level = iterations; level > 0; level--) {
    const negative = ops.push({ op: 'negate', args: [z], level }) - 1;
    const factor = ops.push({ op: 'addPlain', args: [negative, 1], level }) - 1;
    const product = ops.push({ op: 'mul', args: [z, factor], level }) - 1;
    const short = ops.push({ op: 'relinearize', args: [product], level }) - 1;
    z = ops.push({ op: 'rescale', args: [short], level: level - 1 }) - 1;
  }
  return sketchOf({
    slots: 1,
    inputs: [{ name: 'z', secrecy: 'cipher', shape: [], range: [0.5, 1.5] }],
    ops,
    outputs: [{ name: 'y', shape: [], value: z, map: scalarMap }],
  });
}

test('sampled errors include that errors are damped', () => {
  const { prediction, worst } = predicted(damping(12), nominal(32768, 40, 12));
  expect(prediction.sampled).toBe(true);
  expect(worst).toBeGreaterThan(1e-3);
  expect(prediction.bound).toBeLessThan(1e-6);
});

test('sampled errors scale to other parameters', () => {
  const sketch = damping(6);
  const here = predicted(sketch, nominal(16384, 40, 6)).prediction;
  const carried = predicted(sketch, nominal(16384, 40, 6), nominal(8192, 44, 6)).prediction;
  expect(carried.bound / here.bound).toBeCloseTo(1, 0);
});
