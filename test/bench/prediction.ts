import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../src/compile/compile.ts';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { predictTime } from '../../src/cost/predict-time.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { printTable, type Row, ratio } from './table.ts';

const ROUNDS = 3;

const inverse = (iterations: number) =>
  `input a: cipher within [0.5, 1.5]; var y = 1; for i in 0..${iterations} { y = y*(2 - a*y); } output y;`;

/**
 * Programs with their optimization level and precision: shallow and deep, with and without
 * rotations, N from 4096 to 32768.
 */
const PROGRAMS: readonly (readonly [name: string, text: string, level: 0 | 2, bits?: number])[] = [
  [
    'x + y',
    'input x: cipher within [-1, 1]; input y: cipher within [-1, 1]; output s = x + y;',
    2,
    10,
  ],
  ['x^2 + x', 'input x: cipher within [-1, 1]; output y = x^2 + x;', 2, 10],
  ['x^4 + 2', 'input x: cipher within [-2, 2]; output y = x^4 + 2;', 2],
  ['x^16', 'input x: cipher within [-1, 1]; output y = x^16;', 2],
  ['x^9, left to right', 'input x: cipher within [-1, 1]; output y = x^9;', 0],
  [
    'sigmoid by Horner',
    'input x: cipher[512] within [-4, 4]; output y = poly(x, [0.5, 0.19, 0, -0.004, 0, 0.00005]);',
    2,
  ],
  [
    'variance of 1000',
    'input v: cipher[1000] within [-1, 1]; let d = v - sum(v)/1000; output s = sum(d*d)/1000;',
    2,
  ],
  [
    'sum of 64 products',
    'input v: cipher[64] within [-1, 1]; var s = 0; for i in 0..64 { s = s + v[i]*v[63 - i]; } output s;',
    2,
  ],
  [
    '16 dot products of 512',
    'input M: cipher[16, 512] within [-1, 1]; input v: cipher[512] within [-1, 1]; var s = 0; for i in 0..16 { s = s + dot(M[i], v)^2; } output s;',
    2,
  ],
  [
    '500 plaintexts',
    'input x: cipher within [-1, 1]; var s = x; for i in 0..500 { s = s - 0.5*x + 0.001*i; } output s;',
    2,
  ],
  ["Newton's inverse, 3 iterations", inverse(3), 0],
  ["Newton's inverse, 5 iterations", inverse(5), 0],
  [
    'recurrence, 12 iterations',
    'input a: cipher[12] within [-1, 1]; input b: cipher[12] within [-1, 1]; input x: cipher within [-1, 1]; var s = x; for i in 0..12 { s = a[i]*s + b[i]; } output s;',
    0,
  ],
];

/** Compares predicted and measured evaluation times on one worker. */
export async function prediction(): Promise<void> {
  const rows: Row[] = [];
  const ratios: number[] = [];
  for (const [name, text, level, precisionBits = 20] of PROGRAMS) {
    const { optimized, checked } = compile(
      { file: 'bench.circ', text },
      { optimizationLevel: level, precisionBits },
    );
    const { plan } = optimized;
    if (plan?.scheme !== 'ckks') throw new Error(`${name}: there is no plan`);
    const inputs = new Map(
      checked.inputs.map((input) => [input.name, new Float64Array(sizeOf(input.shape)).fill(0.5)]),
    );
    let measured = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const { timings } = await encryptedEvaluation(plan, [{ inputs }]);
      measured = Math.min(measured, timings.evaluate);
    }
    const predicted = predictTime(plan, BUILT_IN_COST, 1);
    ratios.push(predicted / measured);
    rows.push([
      name,
      plan.params.polyModulusDegree,
      plan.params.coeffModulus.length - 1,
      plan.ops.length,
      predicted.toFixed(1),
      measured.toFixed(1),
      ratio(predicted, measured),
    ]);
  }
  const close = ratios.filter((r) => Math.abs(r - 1) <= 0.25).length;
  printTable(
    `Predicted time and the fastest of ${ROUNDS} runs; within 25 %: ${close} of ${ratios.length}`,
    ['program', 'N', 'primes', 'ops', 'predicted ms', 'measured ms', 'ratio'],
    rows,
  );
}
